#include "storage/retention/period.h"

#include <fmt/format.h>

#include "firmware/base/limits.h"

namespace shosoin::retention {
namespace {

unsigned most(PeriodUnit unit) noexcept {
  switch (unit) {
    case PeriodUnit::Years:
      return limits::kMaxPeriodYears;
    case PeriodUnit::Months:
      return limits::kMaxPeriodMonths;
    case PeriodUnit::Days:
      return limits::kMaxPeriodDays;
  }
  return 0;
}
char letter(PeriodUnit unit) noexcept {
  switch (unit) {
    case PeriodUnit::Years:
      return 'y';
    case PeriodUnit::Months:
      return 'm';
    case PeriodUnit::Days:
      return 'd';
  }
  return '?';
}
constexpr PeriodUnit kUnits[] = {PeriodUnit::Years, PeriodUnit::Months, PeriodUnit::Days};
constexpr CountingRule kRules[] = {CountingRule::Excl, CountingRule::Incl, CountingRule::NextFiscalYear,
                                   CountingRule::NextCalendarYear};

}  // namespace

std::string_view to_text(CountingRule rule) noexcept {
  switch (rule) {
    case CountingRule::Excl:
      return "EXCL";
    case CountingRule::Incl:
      return "INCL";
    case CountingRule::NextFiscalYear:
      return "NEXT_FY";
    case CountingRule::NextCalendarYear:
      return "NEXT_CY";
  }
  return "";
}

Result<CountingRule> parse_counting_rule(std::string_view text) {
  for (auto rule : kRules) {
    if (to_text(rule) == text) return rule;
  }
  return Error{ErrorCode::InvalidContent, "read a counting rule (EXCL, INCL, NEXT_FY, NEXT_CY)"};
}

Result<Period> Period::make(unsigned count, PeriodUnit unit) {
  if (count == 0 || count > most(unit))
    return Error{ErrorCode::InvalidContent, "accept the length of a retention period"};
  return Period{count, unit};
}

Result<Period> Period::parse(std::string_view text) {
  constexpr Literal kDoing = "read a retention period such as 5y, 6m or 30d";
  constexpr std::size_t kMostDigits = 6;
  if (text.size() < 2 || text.size() > kMostDigits + 1 || text.front() == '0')
    return Error{ErrorCode::InvalidContent, kDoing};
  unsigned count = 0;
  for (char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return Error{ErrorCode::InvalidContent, kDoing};
    count = count * 10 + static_cast<unsigned>(c - '0');
  }
  for (auto unit : kUnits) {
    if (letter(unit) == text.back()) return make(count, unit);
  }
  return Error{ErrorCode::InvalidContent, kDoing};
}

std::string Period::to_text() const { return fmt::format("{}{}", count_, letter(unit_)); }

}  // namespace shosoin::retention
