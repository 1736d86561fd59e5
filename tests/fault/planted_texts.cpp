#include "tests/fault/planted_texts.h"

#include "crypto/hash.h"

namespace shosoin::test {

// Letters only: a run of digits might read as a number of a person, which an application refuses.
std::string PlantedTexts::make(Lab& lab) {
  std::string text = "planted-";
  for (int i = 0; i < 20; ++i) text += static_cast<char>('a' + lab.random()() % 26);
  typed_needles_.add_text(static_cast<Needles::Mark>(typed_++), text);
  return text;
}

void PlantedTexts::set_holds(Lab& lab, std::size_t tenant, const std::vector<Marker>& strangers) {
  for (const bool by_name : {true, false}) {
    const auto& who = strangers.at(by_name ? 0 : 1);
    auto fields = lab.as_operator(tenant);
    fields[FieldId::File] = std::string(Lab::kFile);
    fields[FieldId::HoldName] = "架空の照会 " + make(lab);
    fields[FieldId::ReasonCode] = "audit";
    fields[FieldId::CaseReference] = make(lab);
    fields[FieldId::IdempotencyKey] = make(lab);
    fields[FieldId::SearchKind] = by_name ? "kanaNameAndBirthDate" : "individualNumber";
    fields[FieldId::SearchValue] = by_name ? who.kana : who.number;
    if (by_name) fields[FieldId::BirthDate] = who.birth_date;
    const auto set = lab.ask(Kind::HoldSet, fields);
    lab.must(set, "set a hold");
    held_.push_back({tenant, set.member("holdId"), by_name ? who.kana : "", by_name ? "" : who.number});
  }
}

void PlantedTexts::release_holds(Lab& lab, std::size_t tenant) {
  for (const auto& held : held_) {
    if (held.tenant != tenant) continue;
    const auto id = std::string(text_of(from_hex(held.hold).value()));
    auto asked = lab.as_operator(tenant);
    asked[FieldId::HoldId] = id;
    lab.must(lab.ask(Kind::HoldRelease, asked), "ask for the release of a hold");
    auto decision = lab.as_manager(tenant);
    decision[FieldId::HoldId] = id;
    decision[FieldId::Decision] = "approve";
    lab.must(lab.ask(Kind::HoldDecide, decision), "release a hold");
  }
}

void PlantedTexts::put_into(Lab& lab, Fields& application) {
  application[FieldId::Ground] += " " + make(lab);
  application[FieldId::Medium] += " " + make(lab);
  application[FieldId::IdempotencyKey] = make(lab);
}

Needles PlantedTexts::query_needles(const std::map<TenantId, Bytes>& number_keys) const {
  Needles needles;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const auto mark = static_cast<Needles::Mark>(i);
    if (!held_[i].kana.empty()) needles.add_text(mark, held_[i].kana);
    if (held_[i].number.empty()) continue;
    needles.add_number(mark, held_[i].number);
    for (const auto& [tenant, key] : number_keys)
      needles.add_secret(mark, crypto::hmac_sha256(key, {view_of(held_[i].number)}));
  }
  return needles;
}

}  // namespace shosoin::test
