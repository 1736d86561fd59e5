// The term of one record: which rule counted it, from which event, and until when it must be kept (format: term.md).
// Stored beside the record; the due date derived from it is what the scheduler walks. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "storage/retention/retention.h"

namespace shosoin::retention {

// Frozen numbers: stored.
enum class TermState : std::uint8_t {
  Fixed = 1,         // the end is known
  NotBegun = 2,      // the event has not happened: the period has not begun, the record is kept
  Undetermined = 3,  // the event's year is unknown, or its date cannot be read: a person decides
};
// What a rule does with a date of which month or day are unknown (domain notes, section 3, 7). Frozen numbers. An
// unknown year always waits for a person.
enum class UnknownParts : std::uint8_t {
  LatestPossible = 1,  // counts from the latest day it can be
  PersonDecides = 2,   // as if the year were unknown
};
std::string_view to_text(UnknownParts parts) noexcept;  // "latest-possible", "person-decides"
Result<UnknownParts> parse_unknown_parts(std::string_view text);

// What of a rule counts.
struct CountedBy {
  std::uint16_t version = 0;
  CountingRule rule = CountingRule::Excl;
  Period period;
  Settlement settlement = Settlement::ActualDate;
  UnknownParts unknown = UnknownParts::LatestPossible;
};
struct Term {
  TermState state = TermState::Undetermined;
  std::uint16_t rule_version = 0;
  std::optional<EventDate> event;
  std::chrono::year_month_day end{}, purge_from{};  // of Fixed only
  friend bool operator==(const Term&, const Term&) = default;
};

Term term_of(const CountedBy& rule, const EventDate& event);
Term not_begun(const CountedBy& rule);
Term undetermined(const CountedBy& rule);
// A later rule never shortens an end already fixed, nor makes it unknown (DESIGN section 6; domain notes, section 3,
// 11).
Term after_rule_change(const Term& before, const Term& now);
// Unless the adoption of the later rule approved of it: then an end that an earlier rule counted may come sooner. What
// is fixed becomes unknown not even by that (decision 0076).
Term after_shortening_rule(const Term& before, const Term& now);
// Versions of one record, oldest first, end together (decision 0075): one without an event of its own takes that of the
// next that has one, and all up to the newest that has one end with the latest end among them. Those behind it go on.
std::vector<Term> terms_of_versions(std::vector<Term> versions);

inline constexpr std::size_t kTermSize = 20;
Bytes encode_term(const Term& term);
Result<Term> decode_term(ByteView bytes);  // Integrity

// A day as it stands in table Due: YYYYMMDD; kNoDay where a person decides.
inline constexpr std::uint32_t kNoDay = 0xFFFF'FFFF;
std::uint32_t day_number(std::chrono::year_month_day day);
// Under which day the term stands in table Due; none while the period has not begun.
std::optional<std::uint32_t> due_day(const Term& term);

}  // namespace shosoin::retention
