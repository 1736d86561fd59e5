#include "admin-api/service/retention/erasure_register.h"

#include <algorithm>

#include "admin-api/service/handlers.h"
#include "admin-api/service/retention/log_months.h"
#include "admin-api/service/stored_json.h"
#include "crypto/canonical_json.h"
#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_erasure.h"
#include "firmware/base/limits_retention.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int kDisposalFormat = 1;
constexpr Literal kReading{"read an item of the disposal register"};
constexpr std::uint8_t kByOrder = 0x00, kRecordIds = 0x01;  // in front of keys; an item's begins with its year in BCD

EntryKey last_key() { return {TableId::Facts, copy_of(view_of("register/last"))}; }
EntryKey by_order_key(ByteView epoch_and_index) {
  return {TableId::Disposals, Writer{}.u8(kByOrder).raw(epoch_and_index).take()};
}
EntryKey records_key(const DisposalId& id) {
  return {TableId::Disposals, Writer{}.u8(kRecordIds).raw(id.view()).take()};
}
EntryKey item_key(const DisposalId& id) { return {TableId::Disposals, copy_of(id.view())}; }

Bytes bytes_of(const std::set<RecordId>& records) {
  Writer out(records.size() * RecordId::kSize);
  for (const auto& id : records) out.raw(id.view());
  return out.take();
}

DisposalId disposal_id(std::uint32_t bcd_day, std::uint64_t number) {
  const auto bytes = Writer{}.u32(bcd_day).u32(0).u64(number).take();
  return DisposalId::from(bytes).value();
}

// What of a rule's event items is a date of birth: its end and its years say when somebody was born.
bool counts_from_birth(const Parts& parts, const StoredRule& rule) {
  if (has_no_definition(rule.file)) return false;  // from the last day of a month, or a closing
  const auto* definition = parts.definitions.find(rule.file);
  if (definition == nullptr) return true;  // not to be told apart
  return std::ranges::any_of(definition->items(), [&](const files::Item& item) {
    const bool event = rule.events.empty() || std::ranges::find(rule.events, item.key) != rule.events.end();
    return event && (item.role == files::ItemRole::BirthDate || item.name.find("生年月日") != std::string::npos);
  });
}

struct Covered {
  std::set<std::uint16_t> versions;
  std::optional<year_month_day> end, first, last;
  void add(const retention::Term& term) {
    versions.insert(term.rule_version);
    if (term.state == retention::TermState::Fixed && (!end || sys_days{term.end} > sys_days{*end})) end = term.end;
    const auto from = term.event ? term.event->earliest_possible() : std::nullopt;
    const auto until = term.event ? term.event->latest_possible() : std::nullopt;
    if (from && (!first || sys_days{*from} < sys_days{*first})) first = from;
    if (until && (!last || sys_days{*until} > sys_days{*last})) last = until;
  }
};

std::string fiscal(year_month_day day) { return std::to_string(retention::fiscal_year(day)); }

}  // namespace

Result<RegisterPage> RegisterPage::open(Parts& parts, const TenantStore& store) {
  TRY(const auto stored, store.get(last_key()));
  if (stored && stored->size() != sizeof(std::uint64_t)) return Error{ErrorCode::Integrity, kReading};
  const auto last = stored ? from_be<std::uint64_t>(std::span(*stored).first<8>()) : 0;
  // Accepted time stands still between two looks: until the next one the system clock says the moment, so that no
  // erasure is written down as earlier than its application.
  const Instant accepted = parts.legal.now();
  const Instant at = std::clamp(parts.clock.now(), accepted, Instant(accepted + 2 * limits::kClockLook));
  std::uint32_t bcd = 0;
  for (auto day = retention::day_number(tokyo_date(at)), shift = 0u; day != 0; day /= 10, shift += 4) {
    bcd |= (day % 10) << shift;
  }
  return RegisterPage(bcd, last, at);
}

DisposalId RegisterPage::add(erasure::ErasureOrder& order, Disposal disposal) {
  const auto number = ++last_;
  const auto id = disposal_id(day_, number);
  auto& said = disposal.said;
  auto records = bytes_of(disposal.records);
  said["format"] = kDisposalFormat;
  said["serial"] = static_cast<std::int64_t>(number);
  said["at"] = to_iso8601(now_);
  said["result"] = "erased";
  if (!records.empty()) said["recordIdsDigest"] = to_hex(crypto::sha256(records));
  order.additions = [own = std::move(order.additions), said = std::move(said), records = std::move(records), id](
                        std::uint64_t epoch, std::uint32_t index) {
    auto entries = own ? own(epoch, index) : std::vector<Entry>{};
    auto item = said;
    item["epoch"] = static_cast<std::int64_t>(epoch);
    item["index"] = static_cast<std::int64_t>(index);
    entries.push_back({item_key(id), copy_of(view_of(crypto::canonical_json(item)))});
    if (!records.empty()) {
      entries.push_back({records_key(id), records});
      entries.push_back({by_order_key(Writer{}.u64(epoch).u32(index).bytes()), copy_of(id.view())});
    }
    return entries;
  };
  return id;
}

void RegisterPage::close(erasure::ErasureOrder& order) {
  order.additions = [own = std::move(order.additions), last = last_](std::uint64_t epoch, std::uint32_t index) {
    auto entries = own ? own(epoch, index) : std::vector<Entry>{};
    entries.push_back({last_key(), Writer{}.u64(last).take()});
    return entries;
  };
}

namespace {

Result<json::object> said_of(const Parts& parts, const TenantStore& store, std::string_view file,
                             const Covered& covered) {
  json::object out{{"retentionRules", json::array{}}, {"endOfRetention", nullptr}, {"periodCovered", nullptr}};
  TRY(const auto rules, rules_of(store, file));
  bool of_birth = false;
  for (const auto& rule : rules) {
    if (!covered.versions.contains(rule.counted.version)) continue;
    of_birth = of_birth || counts_from_birth(parts, rule);
    out["retentionRules"].as_array().push_back(
        json::object{{"policyId", rule.file + "/" + std::to_string(rule.counted.version)},
                     {"version", static_cast<std::int64_t>(rule.counted.version)},
                     {"counting", retention::to_text(rule.counted.rule)},
                     {"period", rule.counted.period.to_text()},
                     {"legalBasis", rule.citation},
                     {"source", rule.source}});
  }
  if (covered.end) {
    out["endOfRetention"] = of_birth ? fiscal(*covered.end) : retention::to_text(*covered.end);
  }
  if (covered.first && covered.last && !of_birth) {
    out["periodCovered"] = json::object{{"first", fiscal(*covered.first)}, {"last", fiscal(*covered.last)}};
  }
  if (of_birth) out["yearsOnly"] = true;
  return out;
}

}  // namespace

Result<json::object> retention_said(const Parts& parts, const TenantStore& store, std::string_view file,
                                    const std::set<RecordId>& records) {
  Covered covered;
  for (const auto& id : records) {
    TRY(const auto term, find_term(store, id));
    if (term) covered.add(*term);
  }
  return said_of(parts, store, file, covered);
}

Result<json::object> months_said(Parts& parts, const TenantStore& store, const std::set<unsigned>& months) {
  Covered covered;
  TRY(const auto all, due_months(store, legal_today(parts)));
  for (const auto& month : all) {
    if (months.contains(month.id.month) && month.term) covered.add(*month.term);
  }
  TRY(auto out, said_of(parts, store, kAccessLog, covered));
  out["monthCount"] = static_cast<std::int64_t>(months.size());
  out["logMonths"] = months_text(months);
  return out;
}

json::object file_said(const Parts& parts, std::string_view file) {
  if (file == kAccessLog) return {{"recordFile", file}, {"recordFileName", "アクセスログ"}};
  if (file == kWorkingDocuments) return {{"recordFile", file}, {"recordFileName", "業務文書(申請書類)"}};
  const auto* definition = parts.definitions.find(file);
  return {{"recordFile", file}, {"recordFileName", definition != nullptr ? definition->name() : std::string()}};
}

Result<std::optional<json::object>> told_disposal(Parts& parts, const TenantStore& store, const DisposalId& id) {
  TRY(const auto stored, store.get(item_key(id)));
  if (!stored || id.bytes()[0] == kByOrder || id.bytes()[0] == kRecordIds) return std::optional<json::object>{};
  TRY(auto item, stored_object(*stored, kDisposalFormat, kReading));
  const auto epoch = number_member(item, "epoch"), index = number_member(item, "index");
  if (epoch < 0 || index < 0) return Error{ErrorCode::Integrity, kReading};
  json::object out{{"disposalId", id.hex()}, {"digest", to_hex(crypto::sha256(*stored))}};
  if (auto serial = parts.appliance.serial_of(static_cast<std::uint64_t>(epoch), static_cast<std::uint32_t>(index))) {
    out["certificate"] = serial.value();
  } else {
    out["pendingEpoch"] = epoch;
  }
  out["item"] = std::move(item);
  return std::optional(std::move(out));
}

Result<std::optional<std::string>> file_of_disposal(const TenantStore& store, ByteView epoch_and_index) {
  TRY(const auto id, store.get(by_order_key(epoch_and_index)));
  if (!id) return std::optional<std::string>{};
  TRY(const auto stored, store.get({TableId::Disposals, *id}));
  if (!stored) return Error{ErrorCode::Integrity, kReading};
  TRY(const auto item, stored_object(*stored, kDisposalFormat, kReading));
  return std::optional(text_member(item, "recordFile"));
}

namespace {

using protocol::FieldId;

Result<void> need_to_read_register(Context& context) {
  if (context.by().grant.has(Permission::ManageRetention)) return success();
  return need_any_erasure(context);
}

// An item about a file that is not granted is told to nobody but the auditor.
bool may_see(const Context& context, const json::object& told) {
  const auto& grant = context.by().grant;
  if (grant.has(Permission::Audit)) return true;
  const auto& item = told.at("item").as_object();
  if (const auto* files = item.if_contains("recordFiles"); files != nullptr && files->is_array()) {
    return std::ranges::all_of(files->get_array(), [&](const json::value& one) {
      return one.is_object() && grant.has_file(text_member(one.get_object(), "recordFile"));
    });
  }
  return grant.has_file(text_member(item, "recordFile"));
}

Result<year_month_day> day_in(Context& context, FieldId field, std::string_view pointer, year_month_day otherwise) {
  const auto text = context.text(field);
  if (text.empty()) return otherwise;
  const auto date = retention::EventDate::parse(text);
  if (!date || !date.value().exact()) {
    return context.refuse(ErrorCode::InvalidContent, "read a day of the disposal register", pointer);
  }
  return *date.value().earliest_possible();
}

std::uint32_t decimal_of_bcd(ByteView four) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i)
    out = out * 100 + static_cast<std::uint32_t>((four[i] >> 4) * 10 + (four[i] & 15));
  return out;
}

struct Range {
  std::uint32_t first, last;  // YYYYMMDD
  Bytes after;
};

// The year is two bytes in front of its items: a range begins without a walk over the years before it.
Result<bool> add_year(const TenantStore& store, const Range& range, unsigned year, std::vector<DisposalId>& page) {
  const auto bcd =
      static_cast<std::uint16_t>((year / 1000) << 12 | (year / 100 % 10) << 8 | (year / 10 % 10) << 4 | (year % 10));
  bool more = false;
  TRY(store.scan(TableId::Disposals, copy_of(be(bcd)), [&](const Entry& entry) {
    if (entry.key.bytes.size() != DisposalId::kSize) return true;
    const auto day = decimal_of_bcd(ByteView(entry.key.bytes).first(4));
    if (day < range.first || (!range.after.empty() && entry.key.bytes <= range.after)) return true;
    if (day > range.last) return false;
    more = page.size() == limits::kDisposalPage;
    if (more) return false;
    page.push_back(DisposalId::from(entry.key.bytes).value());
    return true;
  }));
  return more;
}

}  // namespace

Answer disposal_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_read_register(context));
  const auto today = legal_today(parts);
  TRY(const auto last, day_in(context, FieldId::LastDay, "/lastDay", today));
  const auto year_before =
      std::chrono::year_month_day{last.year() - std::chrono::years{1}, last.month(),
                                  std::chrono::day{std::min(28u, static_cast<unsigned>(last.day()))}};
  TRY(const auto first, day_in(context, FieldId::FirstDay, "/firstDay", year_before));
  Range range{retention::day_number(first), retention::day_number(last), {}};
  const auto years = static_cast<int>(last.year()) - static_cast<int>(first.year());
  if (range.first > range.last || years > limits::kDisposalYears) {
    return context.refuse(ErrorCode::InvalidContent, "list a range of days of the disposal register", "/firstDay");
  }
  if (const auto text = context.text(FieldId::ReportCursor); !text.empty()) {
    const auto cursor = DisposalId::parse(text);
    if (!cursor) return context.refuse(ErrorCode::InvalidContent, "go on from this cursor", "/cursor");
    range.after = copy_of(cursor.value().view());
  }
  std::vector<DisposalId> page;
  bool more = false;
  for (int year = static_cast<int>(first.year()); !more && year <= static_cast<int>(last.year()); ++year) {
    TRY(more, add_year(*store, range, static_cast<unsigned>(year), page));
  }
  json::array items;
  for (const auto& id : page) {
    TRY(auto told, told_disposal(parts, *store, id));
    if (told && may_see(context, *told)) items.push_back(std::move(*told));
  }
  json::object out{{"firstDay", retention::to_text(first)}, {"lastDay", retention::to_text(last)}};
  out["disposalRegister"] = std::move(items);
  if (more) out["cursor"] = page.back().hex();
  return out;
}

Answer disposal_show(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_read_register(context));
  TRY(const auto id, id_field<DisposalId>(context, FieldId::DisposalId));
  context.target["disposalId"] = id.hex();
  TRY(auto told, told_disposal(parts, *store, id));
  if (!told || !may_see(context, *told)) return Error{ErrorCode::NotFound, kNothing};
  TRY(const auto records, store->get(records_key(id)));
  json::array ids;
  for (std::size_t at = 0; records && at + RecordId::kSize <= records->size(); at += RecordId::kSize) {
    ids.emplace_back(to_hex(ByteView(*records).subspan(at, RecordId::kSize)));
  }
  (*told)["recordIds"] = std::move(ids);
  return std::move(*told);
}

}  // namespace shosoin::service
