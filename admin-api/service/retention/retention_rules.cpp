#include "admin-api/service/retention/retention_rules.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <limits>

#include "admin-api/service/stored_json.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_log.h"
#include "firmware/base/limits_retention.h"
#include "storage/files/dates.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

constexpr int kRuleFormat = 1;
constexpr Literal kDoing = "read a retention rule";

Bytes file_prefix(std::string_view file) {
  Bytes out = copy_of(view_of(file));
  out.push_back(0);
  return out;
}
EntryKey key_of(std::string_view file, std::uint16_t version) {
  auto key = file_prefix(file);
  append(key, be(version));
  return {TableId::Rules, std::move(key)};
}

Result<retention::CountedBy> read_counted(const json::object& object, std::uint16_t version) {
  const auto rule = retention::parse_counting_rule(text_member(object, "rule"));
  const auto period = retention::Period::parse(text_member(object, "period"));
  const auto settlement = retention::parse_settlement(text_member(object, "settlement"));
  const auto unknown = retention::parse_unknown_parts(text_member(object, "unknownParts"));
  if (!rule || !period || !settlement || !unknown) return Error{ErrorCode::Integrity, kDoing};
  return retention::CountedBy{version, rule.value(), period.value(), settlement.value(), unknown.value()};
}

Result<Shortening> read_shortening(const json::value& value) {
  const auto* object = value.if_object();
  const auto* count = object == nullptr ? nullptr : object->if_contains("count");
  if (count == nullptr || !count->is_int64() || count->get_int64() < 0) return Error{ErrorCode::Integrity, kDoing};
  Shortening out{static_cast<std::uint64_t>(count->get_int64()), {}};
  const auto text = text_member(*object, "earliestEnd");
  if (text.empty()) return out;
  const auto day = files::read_date(text);
  if (!day) return Error{ErrorCode::Integrity, kDoing};
  out.earliest_end = day.value().date.latest_possible();
  return out;
}
json::object members_of(const Shortening& shortens) {
  json::object out{{"count", shortens.count}};
  if (shortens.earliest_end) out["earliestEnd"] = retention::to_text(*shortens.earliest_end);
  return out;
}

Result<StoredRule> read_rule(const EntryKey& key, ByteView value) {
  const auto size = key.bytes.size();
  if (size < 4 || key.bytes[size - 3] != 0) return Error{ErrorCode::Integrity, kDoing};
  TRY(const auto object, stored_object(value, kRuleFormat, kDoing));
  const auto* events = object.if_contains("events");
  const auto terminal = from_hex(text_member(object, "proposedAtTerminal"));
  if (events == nullptr || !events->is_array() || !terminal || terminal->size() != Fingerprint{}.size()) {
    return Error{ErrorCode::Integrity, kDoing};
  }
  const ByteView bytes(key.bytes);
  TRY(auto counted, read_counted(object, from_be<std::uint16_t>(bytes.last<2>())));
  const auto* automatic = object.if_contains("automatic");
  StoredRule rule{std::string(text_of(bytes.first(size - 3))),
                  counted,
                  {},
                  automatic != nullptr && *automatic == true,
                  text_member(object, "state"),
                  text_member(object, "citation"),
                  text_member(object, "source"),
                  text_member(object, "reliability"),
                  object_member(object, "proposed"),
                  object_member(object, "decided"),
                  text_member(object, "proposedBy"),
                  {},
                  {}};
  for (const auto& event : events->get_array()) {
    if (!event.is_string()) return Error{ErrorCode::Integrity, kDoing};
    rule.events.emplace_back(event.get_string());
  }
  std::ranges::copy(*terminal, rule.proposed_at.begin());
  if (const auto* shortens = object.if_contains("shortens"); shortens != nullptr) {
    TRY(rule.shortens, read_shortening(*shortens));
  }
  return rule;
}

Result<std::vector<StoredRule>> rules_under(const TenantStore& store, const Bytes& prefix) {
  return all_stored<StoredRule>(store, TableId::Rules, prefix, std::numeric_limits<std::size_t>::max(), read_rule);
}

json::object members_of(const StoredRule& rule) {
  json::array events;
  for (const auto& event : rule.events) events.emplace_back(event);
  json::object out{{"state", rule.state},
                   {"rule", retention::to_text(rule.counted.rule)},
                   {"period", rule.counted.period.to_text()},
                   {"events", std::move(events)},
                   {"automatic", rule.automatic},
                   {"settlement", retention::to_text(rule.counted.settlement)},
                   {"unknownParts", retention::to_text(rule.counted.unknown)},
                   {"citation", rule.citation},
                   {"source", rule.source},
                   {"reliability", rule.reliability}};
  if (rule.shortens) out["shortens"] = members_of(*rule.shortens);
  return out;
}

// The longest year has 366 days.
bool is_a_year_at_least(const retention::Period& period) {
  switch (period.unit()) {
    case retention::PeriodUnit::Years:
      return true;
    case retention::PeriodUnit::Months:
      return period.count() >= unsigned{limits::kShortestOwnMonths};
    case retention::PeriodUnit::Days:
      return period.count() >= unsigned{limits::kShortestOwnDays};
  }
  return false;
}

}  // namespace

Entry rule_entry(const StoredRule& rule) {
  auto object = members_of(rule);
  object["format"] = kRuleFormat;
  object["proposed"] = rule.proposed;
  object["decided"] = rule.decided;
  object["proposedBy"] = rule.proposed_by;
  object["proposedAtTerminal"] = to_hex(rule.proposed_at);
  return {key_of(rule.file, rule.counted.version), copy_of(view_of(json::serialize(object)))};
}

json::object shown(const StoredRule& rule) {
  auto out = members_of(rule);
  out["recordFile"] = rule.file;
  out["version"] = rule.counted.version;
  out["proposedBy"] = rule.proposed;
  if (!rule.decided.empty()) out["decidedBy"] = rule.decided;
  return out;
}

Result<std::vector<StoredRule>> rules_of(const TenantStore& store, std::string_view file) {
  return rules_under(store, file_prefix(file));
}
Result<std::vector<StoredRule>> all_rules(const TenantStore& store) { return rules_under(store, {}); }

Result<std::optional<StoredRule>> adopted_rule(const TenantStore& store, std::string_view file) {
  TRY(auto rules, rules_of(store, file));
  std::optional<StoredRule> found;
  for (auto& rule : rules) {
    if (rule.state == "adopted") found = std::move(rule);
  }
  return found;
}

Result<std::vector<std::string>> event_items_in(Context& context, const files::Definition& definition,
                                                std::string_view text) {
  std::vector<std::string> events;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    events.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  const auto is_date = [&](const std::string& key) {
    return std::ranges::any_of(definition.items(), [&](const files::Item& item) {
      return item.key == key && (item.type == files::ItemType::Date || item.type == files::ItemType::Month);
    });
  };
  if (events.empty() || events.size() > limits::kMaxEventItems || !std::ranges::all_of(events, is_date)) {
    json::array known;
    for (const auto item : definition.retention_events()) known.emplace_back(definition.items()[item].key);
    context.told["proposedEvents"] = std::move(known);
    context.told["detail"] =
        json::object{{"ja", "起算の基となる項目は、このファイルの日付の項目のキーで指定してください。"},
                     {"en", "Name the items that a period starts from by the keys of date items of this record file."}};
    return context.refuse(ErrorCode::InvalidContent, "find the event items of a retention rule", "/eventItems");
  }
  return events;
}

EntryKey unsettled_key(std::string_view file) {
  return {TableId::Facts, copy_of(view_of("retention/unsettled/" + std::string(file)))};
}

Result<Entry> unsettled_entry(const TenantStore& store, std::string_view file, Unsettled what, std::uint64_t seq) {
  const auto key = unsettled_key(file);
  TRY(const auto before, store.get(key));
  if (before) {
    TRY(const auto waits, read_unsettled(*before));
    if (waits == Unsettled::All) what = Unsettled::All;
  }
  return Entry{key, Writer{}.u8(static_cast<std::uint8_t>(what)).u64(seq).take()};
}

Result<Unsettled> read_unsettled(ByteView value) {
  if (value.empty()) return Unsettled::All;
  Reader in(value);
  const auto what = in.u8();
  in.u64();
  TRY(in.finish("read what waits for its terms"));
  if (what != 1 && what != 2) return Error{ErrorCode::Integrity, "read what waits for its terms", what};
  return static_cast<Unsettled>(what);
}

Result<void> check_own_rule(Context& context, const retention::CountedBy& counted, const OwnRuleWords& words) {
  const auto refuse = [&](const Explanation& why, std::string_view pointer) {
    return refuse_in_words(
        context, context.refuse(ErrorCode::InvalidContent, "read a rule of a log or of working documents", pointer),
        why);
  };
  if (!context.text(protocol::FieldId::EventItems).empty()) return refuse(words.no_events, "/eventItems");
  if (counted.settlement != retention::Settlement::ActualDate) return refuse(words.no_settlement, "/settlement");
  if (!is_a_year_at_least(counted.period)) return refuse(words.longer, "/period");
  return success();
}

}  // namespace shosoin::service
