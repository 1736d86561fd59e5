#include "admin-api/service/records/linking.h"

#include <boost/json/object.hpp>

#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/person_numbers.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_linking.h"
#include "storage/files/normalise.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

constexpr int kDraws = 100;  // 10^15 numbers: a second draw is rare already
constexpr std::array<LinkFlagRow, kLinkFlags> kFlags{{
    {LinkFlag::TwoPersons,
     "link.two-persons",
     {"個人番号と宛名番号が、それぞれ別の団体内統合宛名番号に付いています。個人番号の側に付けました。どちらが正しいか確"
      "認してください。",
      "The individual number and the addressee number belong to two integrated addressee numbers; the row went with "
      "the "
      "individual number. Find out which is right."}},
    {LinkFlag::SecondNumber,
     "link.second-number",
     {"この宛名番号には、すでに別の個人番号があります。別の団体内統合宛名番号を付けました。個人番号の変更であれば、変更"
      "の手続きをしてください。",
      "This addressee number already has another individual number; the row got an integrated addressee number of its "
      "own. "
      "If the number was changed, request the change."}},
    {LinkFlag::TwoAddressees,
     "link.two-addressees",
     {"この個人番号は、このファイルの別の宛名番号にも付いています。どちらが正しいか確認してください。",
      "This individual number also stands with another addressee number of this file. Find out which is right."}},
    {LinkFlag::FormerNumber,
     "link.former-number",
     {"この個人番号は変更前の番号です。変更後の番号で送るよう、送り側の台帳を確認してください。",
      "This individual number was replaced by another one. Have the sending register use the new one."}},
}};

// Beyond the import's own bit, whether its number came with an addressee.
constexpr std::uint32_t wrote(unsigned place) { return std::uint32_t{1} << place; }
constexpr std::uint32_t with_addressee(unsigned place) { return std::uint32_t{1} << (place + Assignments::kImports); }
constexpr std::uint32_t kNumbered = 1;  // of an addressee

}  // namespace

const LinkFlagRow& link_flag_row(LinkFlag flag) noexcept { return kFlags[static_cast<std::size_t>(flag)]; }

std::optional<unsigned> Assignments::join() {
  std::scoped_lock lock(mutex_);
  for (unsigned place = 0; place < kImports; ++place) {
    if ((taken_ & wrote(place)) != 0) continue;
    taken_ |= wrote(place);
    return place;
  }
  return std::nullopt;
}

void Assignments::leave(unsigned place) noexcept {
  std::scoped_lock lock(mutex_);
  taken_ &= ~wrote(place);
  numbers_.unmark(wrote(place) | with_addressee(place));
}

Result<void> Assignments::settle(const Digest& token, IntegratedNumber number,
                                 const std::function<Result<void>()>& act) {
  std::scoped_lock lock(mutex_);
  const auto known = numbers_.find(token);
  if (known && numbers_.number(*known) != number) {
    return Error{ErrorCode::Conflict, "give a number that an open import has linked to somebody else"};
  }
  TRY(act());
  if (!known) {
    TRY(const auto added, numbers_.add(token, number));
    (void)added;
  }
  return success();
}

Linker::Linker(const TenantStore& store, const files::Definition& definition, std::shared_ptr<Assignments> open)
    : store_(store), definition_(definition), file_(definition.key()), open_(std::move(open)), place_(open_->join()) {}

Linker::~Linker() {
  if (place_) open_->leave(*place_);
}

Linker::Named Linker::named_by(const Row& row) const {
  Named named;
  if (row.number) named.token = store_.number_token(view_of(row.number->reveal()));
  if (!row.addressee) return named;
  named.addressee_key = files::addressee_number_key(*row.addressee);
  if (named.addressee_key.empty()) return named;
  auto text = addressee_bytes(file_);  // no text holds 0x00, and a number has none: nothing else has this token
  append(text, view_of(named.addressee_key));
  named.addressee = store_.number_token(text);
  return named;
}

Result<Linker::Known> Linker::of_number(const Digest& token) const {
  if (const auto place = open_->numbers_.find(token)) return Known(open_->numbers_.number(*place));
  TRY(auto stored, store_.get({TableId::Addressees, copy_of(token)}));
  if (!stored) return Known{};
  TRY(const auto number, IntegratedNumber::parse(*stored));
  return Known(number);
}

Result<Linker::Known> Linker::of_addressee(const Named& named) {
  if (const auto place = open_->addressees_.find(*named.addressee)) return Known(open_->addressees_.number(*place));
  return stored_addressee(named.addressee_key);
}

Result<Linker::Standing> Linker::standing_of(const RecordId& import) {
  if (const auto known = standings_.find(import); known != standings_.end()) return known->second;
  TRY(auto facts, find_import(store_, import));
  auto standing = Standing::Gone;
  if (facts && facts->state == "confirmed") standing = Standing::Confirmed;
  if (facts && (facts->state == "staged" || facts->state == "publishing")) standing = Standing::Waiting;
  standings_.emplace(import, standing);
  return standing;
}

// Confirmed records come first. One that waits for its confirmation is better than a second integrated number: two
// tables of one file are often received before either is confirmed.
Result<Linker::Known> Linker::stored_addressee(std::string_view key) {
  const auto prefix = search_prefix(SearchKind::AddresseeNumber, addressee_bytes(key));
  TRY(const bool known, store_.any(TableId::SearchKeys, prefix));
  if (!known) return Known{};  // of most rows of a first import
  std::vector<RecordId> ids;
  TRY(store_.scan(TableId::SearchKeys, prefix, [&](const Entry& entry) {
    if (const auto id = generations::record_of(entry.key)) ids.push_back(*id);
    return ids.size() < limits::kMaxPersonRecords;
  }));
  Known waiting;
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store_, id));
    if (!entry || entry->file != file_) continue;
    TRY(const auto standing, standing_of(entry->import));
    if (standing == Standing::Gone || (standing == Standing::Waiting && waiting)) continue;
    TRY(const auto number, IntegratedNumber::parse(view_of(entry->integrated)));
    if (standing == Standing::Confirmed) return Known(number);
    waiting = number;
  }
  return waiting;
}

Result<std::vector<generations::RecordEntry>> Linker::records_of(IntegratedNumber integrated) const {
  std::vector<RecordId> ids;
  TRY(store_.scan(TableId::SubjectLinks, addressee_bytes(integrated.text()), [&](const Entry& entry) {
    if (const auto id = generations::record_of(entry.key)) ids.push_back(*id);
    return ids.size() < limits::kMaxPersonRecords;
  }));
  std::vector<generations::RecordEntry> out;
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store_, id));
    if (entry) out.push_back(std::move(*entry));
  }
  return out;
}

Result<bool> Linker::is_numbered(const Named& named, IntegratedNumber integrated) {
  if (const auto place = open_->addressees_.find(*named.addressee)) {
    if ((open_->addressees_.marks(*place) & kNumbered) != 0) return true;
  }
  TRY(const auto records, records_of(integrated));
  return std::ranges::any_of(records, [this](const auto& record) { return has_own_number(record); });
}

// Of the subject, not of others in the row. A record of another file is linked by its number only; what cannot be read
// counts, so that the row is flagged rather than linked.
bool Linker::has_own_number(const generations::RecordEntry& record) const {
  if (record.file != file_) return true;
  if (record.number.id == RowId{}) return false;
  auto held = store_.read_row(record.number.id, record.number.key);
  if (!held) return true;
  const auto numbers = files::numbers_of_row(held.value(), definition_, record.group);
  memory::wipe(held.value());
  const auto own = definition_.index_of(files::ItemRole::IndividualNumber, record.group);
  return !numbers || (own && numbers.value().contains(*own));
}

Result<bool> Linker::is_former(const Digest& token, IntegratedNumber integrated) {
  if (!looked_) {
    TRY(any_changed_, any_number_changed(store_));
    looked_ = true;
  }
  if (!any_changed_) return false;
  TRY(const auto numbers, person_numbers(store_, integrated.text()));
  return numbers.find_former(token) != nullptr;
}

Result<bool> Linker::has_other_addressee(const Named& named, IntegratedNumber integrated) {
  if (const auto place = open_->numbers_.find(*named.token)) {
    if (place_ && (open_->numbers_.marks(*place) & with_addressee(*place_)) != 0) return true;
  }
  TRY(const auto records, records_of(integrated));
  for (const auto& record : records) {
    if (record.file != file_ || files::addressee_number_key(record.addressee) == named.addressee_key) continue;
    if (record.addressee == record.integrated) continue;  // it came without one
    TRY(const auto standing, standing_of(record.import));
    if (standing == Standing::Confirmed) return true;
  }
  return false;
}

Result<IntegratedNumber> Linker::new_number() {
  for (int i = 0; i < kDraws; ++i) {
    const auto number = open_->draw_.next();
    TRY(const bool taken, store_.any(TableId::SubjectLinks, addressee_bytes(number.text())));
    if (!taken) return number;
  }
  return Error{ErrorCode::Internal, "draw an integrated addressee number"};
}

// The number decides wherever there is one: two persons are never made one by an addressee number.
Result<IntegratedNumber> Linker::decide(const Named& named, const Known& by_number, const Known& by_addressee,
                                        Link& link) {
  if (by_number && by_addressee && *by_number != *by_addressee) link.flags.push_back(LinkFlag::TwoPersons);
  if (by_number && named.addressee && !by_addressee) {
    TRY(const bool other, has_other_addressee(named, *by_number));
    if (other) link.flags.push_back(LinkFlag::TwoAddressees);
  }
  if (by_number) {
    TRY(const bool former, is_former(*named.token, *by_number));
    if (former) link.flags.push_back(LinkFlag::FormerNumber);
    return *by_number;
  }
  if (by_addressee && named.token) {
    TRY(const bool numbered, is_numbered(named, *by_addressee));
    if (!numbered) return *by_addressee;  // known without a number: now it has one
    link.flags.push_back(LinkFlag::SecondNumber);
    return new_number();
  }
  return by_addressee ? Result<IntegratedNumber>(*by_addressee) : new_number();
}

// The entry number -> integrated number is written in either case: an erasure meanwhile may have taken it with the last
// record of its subject.
Result<void> Linker::note(const Named& named, IntegratedNumber integrated, Link& link) {
  if (named.token) {
    auto place = open_->numbers_.find(*named.token);
    if (!place) {
      TRY(place, open_->numbers_.add(*named.token, integrated));
    }
    auto& marks = open_->numbers_.marks(*place);
    if ((marks & wrote(*place_)) == 0) {
      link.entry = Entry{{TableId::Addressees, copy_of(*named.token)}, copy_of(view_of(link.integrated))};
    }
    marks |= wrote(*place_) | (named.addressee ? with_addressee(*place_) : 0);
  }
  if (!named.addressee) return success();
  auto place = open_->addressees_.find(*named.addressee);
  if (!place) {
    TRY(place, open_->addressees_.add(*named.addressee, integrated));
  }
  if (named.token) open_->addressees_.marks(*place) |= kNumbered;
  return success();
}

Result<Linker::Link> Linker::link(const Row& row) {
  if (!place_) return Error{ErrorCode::TooMany, "link the rows of one more import at once"};
  const auto named = named_by(row);
  std::scoped_lock lock(open_->mutex_);  // looked up, drawn and noted as one
  Known by_number, by_addressee;
  if (named.token) {
    TRY(by_number, of_number(*named.token));
  }
  if (named.addressee) {
    TRY(by_addressee, of_addressee(named));
  }
  Link link;
  TRY(const auto integrated, decide(named, by_number, by_addressee, link));
  link.integrated = integrated.text();
  // What a known addressee stands for is not changed by a row that contradicts it.
  if (by_addressee && *by_addressee != integrated && !open_->addressees_.find(*named.addressee)) {
    TRY(const auto place, open_->addressees_.add(*named.addressee, *by_addressee));
    (void)place;
  }
  TRY(note(named, integrated, link));
  return link;
}

void LinkFindings::add(std::uint64_t row, const std::vector<LinkFlag>& flags) {
  count_ += flags.size();
  for (const auto flag : flags) {
    if (first_.size() < limits::kMaxImportFindings) first_.push_back({row, flag});
  }
}

json::array LinkFindings::told() const {
  json::array out;
  for (const auto& [row, flag] : first_) {
    const auto& told = link_flag_row(flag);
    out.push_back(
        json::object{{"rule", told.slug}, {"row", row}, {"column", 0}, {"ja", told.text.ja}, {"en", told.text.en}});
  }
  return out;
}

}  // namespace shosoin::service
