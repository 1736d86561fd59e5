// Months of the access log: kept for the term of an adopted rule, held, due, and erased like records - by dropping
// their key in a batch (L-15, E-02, E-03; decision 0068). Event of the term is the last day of the month. Any thread.
#pragma once

#include "admin-api/service/retention/retention_terms.h"
#include "admin-api/service/retention/ruled_files.h"

namespace shosoin::service {

struct DueMonth {
  generations::LogMonthId id;
  std::optional<retention::Term> term;  // none: the month has not ended, or no rule is adopted
};

std::string month_text(unsigned month);  // "2019-04"
boost::json::array months_text(const std::set<unsigned>& months);
// Field LogMonths: "2019-04,2019-05". InvalidContent with words of its own; empty where the field is not there.
Result<std::set<unsigned>> months_in(Context& context);
// NotFound for a month that has no key, Erased for one whose key was erased.
Result<void> check_months(const TenantStore& store, const std::set<unsigned>& months);
// The same of those behind the one that is written: the others are "month-open" of early_months, however far ahead.
Result<void> check_months_to_erase(const TenantStore& store, std::set<unsigned> months);

// Everything whose key is there, ascending, by the rule that is adopted and what was fixed before.
Result<std::vector<DueMonth>> due_months(const TenantStore& store, std::chrono::year_month_day today);
// Ends that become fixed: of months that have ended, and by a rule that is adopted now or has been until now. They go
// into the change that adopts the rule, or into one of their own.
Result<std::vector<Entry>> settled_months(const TenantStore& store, const std::optional<StoredRule>& before,
                                          const StoredRule& rule, std::chrono::year_month_day today);
Result<void> settle_months(TenantStore& store, std::chrono::year_month_day today);

// As early_refusal of records. The month that is written and those ahead: always "month-open".
Result<std::optional<EarlyRefusal>> early_months(const TenantStore& store, const std::set<unsigned>& months,
                                                 std::chrono::year_month_day today);
Result<boost::json::object> declared_months(const TenantStore& store, const std::set<unsigned>& months,
                                            std::chrono::year_month_day today);
// What a batch writes: the keys go, and the months say why. Made ready before the epoch and the number are known.
using MonthRemoval = std::function<std::vector<Entry>(std::uint64_t epoch, std::uint32_t index)>;
Result<MonthRemoval> month_removal(const TenantStore& store, const std::set<unsigned>& months,
                                   std::chrono::year_month_day today);

// InvalidContent: shorter than the log may be kept, or counted in a way that has no meaning for a month.
Result<void> check_log_rule(Context& context, const retention::CountedBy& counted);

}  // namespace shosoin::service
