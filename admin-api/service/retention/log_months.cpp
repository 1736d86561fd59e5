#include "admin-api/service/retention/log_months.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/retention/holds.h"
#include "firmware/base/limits_log.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::LogMonth;
using generations::LogMonthId;
using retention::Term;
using std::chrono::sys_days;
using std::chrono::year_month_day;

year_month_day last_day(unsigned month) {
  return std::chrono::year(static_cast<int>(month / 100)) / std::chrono::month(month % 100) / std::chrono::last;
}
bool has_ended(unsigned month, year_month_day today) { return sys_days{today} > sys_days{last_day(month)}; }

Term counted_term(const StoredRule& rule, unsigned month) {
  return retention::term_of(rule.counted, retention::EventDate::exact(last_day(month)));
}

Result<std::map<LogMonthId, LogMonth>> known_by_id(const TenantStore& store) {
  TRY(auto known, store.known_log_months());
  std::map<LogMonthId, LogMonth> out;
  for (auto& month : known) {
    const auto id = month.id;
    out.emplace(id, std::move(month));
  }
  return out;
}

Result<std::optional<Term>> fixed_term(const std::map<LogMonthId, LogMonth>& known, const LogMonthId& id) {
  const auto found = known.find(id);
  if (found == known.end()) return std::optional<Term>{};
  TRY(auto term, retention::decode_term(found->second.term));
  return std::optional(std::move(term));
}

std::optional<unsigned> read_month(std::string_view text) {
  const auto date = retention::EventDate::parse(std::string(text) + "-01");
  if (text.size() != std::string_view("2019-04").size() || !date || !date.value().exact()) return std::nullopt;
  const auto day = *date.value().latest_possible();
  return static_cast<unsigned>(int(day.year())) * 100 + unsigned(day.month());
}

Error refuse(Context& context, std::string_view ja, std::string_view en, std::string_view pointer) {
  return refuse_in_words(
      context, context.refuse(ErrorCode::InvalidContent, "read what is about months of the log", pointer), {ja, en});
}

}  // namespace

std::string month_text(unsigned month) { return fmt::format("{:04}-{:02}", month / 100, month % 100); }

json::array months_text(const std::set<unsigned>& months) {
  json::array out;
  for (const auto month : months) out.emplace_back(month_text(month));
  return out;
}

Result<std::set<unsigned>> months_in(Context& context) {
  const auto whole = context.text(protocol::FieldId::LogMonths);
  std::string_view text = whole;
  std::set<unsigned> months;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto month = read_month(text.substr(0, comma));
    if (!month) {
      return refuse(context, "ログの月を 2019-04 のように、コンマで区切って指定してください。",
                    "Give months of the log as in 2019-04, commas between them.", "/months");
    }
    months.insert(*month);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return months;
}

Result<void> check_months(const TenantStore& store, const std::set<unsigned>& months) {
  std::set<unsigned> present, erased;
  for (const auto& id : store.log_months()) present.insert(id.month);
  TRY(const auto known, store.known_log_months());
  for (const auto& month : known) {
    if (month.erased) erased.insert(month.id.month);
  }
  for (const auto month : months) {
    if (present.contains(month)) continue;
    if (erased.contains(month)) return Error{ErrorCode::Erased, "find a month of the log that is erased"};
    return Error{ErrorCode::NotFound, kNothing};
  }
  return success();
}

Result<void> check_months_to_erase(const TenantStore& store, std::set<unsigned> months) {
  months.erase(months.lower_bound(store.writing_month()), months.end());
  return check_months(store, months);
}

Result<std::vector<DueMonth>> due_months(const TenantStore& store, year_month_day today) {
  TRY(const auto rule, adopted_rule(store, kAccessLog));
  TRY(const auto known, known_by_id(store));
  std::vector<DueMonth> out;
  for (const auto& id : store.log_months()) {
    DueMonth month{id, std::nullopt};
    TRY(const auto fixed, fixed_term(known, id));
    if (rule && has_ended(id.month, today)) {
      const auto now = counted_term(*rule, id.month);
      month.term = fixed ? retention::after_rule_change(*fixed, now) : now;
    }
    out.push_back(std::move(month));
  }
  return out;
}

Result<std::vector<Entry>> settled_months(const TenantStore& store, const std::optional<StoredRule>& before,
                                          const StoredRule& rule, year_month_day today) {
  TRY(const auto known, known_by_id(store));
  std::vector<Entry> out;
  for (const auto& id : store.log_months()) {
    if (!has_ended(id.month, today)) continue;
    TRY(auto fixed, fixed_term(known, id));
    const auto stored = fixed;
    if (!fixed && before) fixed = counted_term(*before, id.month);
    const auto now = counted_term(rule, id.month);
    const auto term = fixed ? retention::after_rule_change(*fixed, now) : now;
    if (stored && *stored == term) continue;
    out.push_back(generations::log_month_entry({id, retention::encode_term(term), std::nullopt}));
  }
  return out;
}

Result<void> settle_months(TenantStore& store, year_month_day today) {
  TRY(const auto rule, adopted_rule(store, kAccessLog));
  if (!rule) return success();
  TRY(const auto wanted, settled_months(store, std::nullopt, *rule, today));
  if (wanted.empty()) return success();
  TRY(store.change([&](std::uint64_t) -> Result<generations::Change> {
    TRY(const auto now, adopted_rule(store, kAccessLog));
    TRY(auto entries, settled_months(store, std::nullopt, *now, today));
    return generations::Change{std::move(entries), {}, {}, log_entry({{"operation", "log-months-settled"}})};
  }));
  return success();
}

Result<std::optional<EarlyRefusal>> early_months(const TenantStore& store, const std::set<unsigned>& months,
                                                 year_month_day today) {
  TRY(const auto rule, adopted_rule(store, kAccessLog));
  if (!rule) return std::optional(EarlyRefusal{ErrorCode::TooEarly, "no-rule", std::nullopt});
  TRY(const auto all, due_months(store, today));
  std::optional<EarlyRefusal> latest;
  for (const auto month : months) {
    const auto found = std::ranges::find(all, month, [](const DueMonth& one) { return one.id.month; });
    const bool open = month >= store.writing_month() || !has_ended(month, today);
    if (open) return std::optional(EarlyRefusal{ErrorCode::TooEarly, "month-open", std::nullopt});
    if (found == all.end() || !found->term || found->term->state != retention::TermState::Fixed) {
      return std::optional(EarlyRefusal{ErrorCode::TooEarly, "no-term", std::nullopt});
    }
    const auto from = found->term->purge_from;
    if (sys_days{today} >= sys_days{from}) continue;
    if (!latest || sys_days{from} > sys_days{*latest->possible_from}) {
      latest = EarlyRefusal{ErrorCode::TooEarly, "before-end", from};
    }
  }
  if (latest) return latest;
  TRY(const auto hold, hold_over_months(store, months));
  if (!hold) return std::optional<EarlyRefusal>{};
  return std::optional(EarlyRefusal{ErrorCode::Locked, "on-hold", std::nullopt, hold->id});
}

Result<json::object> declared_months(const TenantStore& store, const std::set<unsigned>& months, year_month_day today) {
  TRY(const auto all, due_months(store, today));
  std::set<std::uint16_t> versions;
  std::optional<year_month_day> end;
  for (const auto& one : all) {
    if (!months.contains(one.id.month) || !one.term) continue;
    versions.insert(one.term->rule_version);
    if (!end || sys_days{one.term->end} > sys_days{*end}) end = one.term->end;
  }
  TRY(auto out, declared_by(store, kAccessLog, versions, end));
  out["logClass"] = kAccessLog;
  out["monthCount"] = static_cast<std::int64_t>(months.size());
  out["logMonths"] = months_text(months);
  if (end) out["lastDay"] = retention::to_text(*end);
  return out;
}

Result<MonthRemoval> month_removal(const TenantStore& store, const std::set<unsigned>& months, year_month_day today) {
  TRY(const auto all, due_months(store, today));
  const auto at = store.log_position();
  std::vector<LogMonth> going;
  for (const auto& one : all) {
    if (!months.contains(one.id.month)) continue;
    if (!one.term) return Error{ErrorCode::TooEarly, "erase a month of the log that has no term"};
    going.push_back(
        {one.id, retention::encode_term(*one.term), generations::ErasedMonth{0, 0, at.line, at.number_seq}});
  }
  return MonthRemoval([going = std::move(going)](std::uint64_t epoch, std::uint32_t index) {
    std::vector<Entry> out;
    for (auto month : going) {
      month.erased->epoch = epoch;
      month.erased->index = index;
      out.push_back({generations::log_key_of(month.id.month), std::nullopt});
      out.push_back(generations::log_month_entry(month));
    }
    return out;
  });
}

Result<void> check_log_rule(Context& context, const retention::CountedBy& counted) {
  return check_own_rule(
      context, counted,
      {{"ログの期間は月の末日から数えます。起算の項目は指定しないでください。",
        "The period of the log counts from the last day of its month: name no event items."},
       {"ログの期間に account-year は使えません。", "The period of the log takes no account-year."},
       {"ログは、月の末日から少なくとも1年(12m、366d)保存します。もっと長い期間を指定してください。",
        "A log is kept for a year from the end of its month at least (12m, 366d). Give a longer period."}});
}

}  // namespace shosoin::service
