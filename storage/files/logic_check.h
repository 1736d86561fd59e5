// A rule about whole rows, as data of a definition (measure D-11): what one item asks of another, and what a row may do
// to its subject's confirmed row. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shosoin::files {

enum class LogicRule : std::uint8_t {
  Required,       // these items are filled
  InOrder,        // these dates do not run backwards, as far as they are known
  OneOf,          // this item, where filled, holds one of these values
  SubjectAbsent,  // the subject has no confirmed row, or one that says it is gone
  SubjectExists,  // it has one, which does not say so
  ChangesOnly,    // against the confirmed row no other items differ; nothing to say where there is none
};

// The item holds one of the values; without values: it is filled.
struct LogicCondition {
  std::size_t item = 0;  // of the table
  std::vector<std::string> values;
  friend bool operator==(const LogicCondition&, const LogicCondition&) = default;
};

struct LogicCheck {
  std::string key;     // stable; stands in findings
  std::string ja, en;  // told where the rule is broken; never made of values
  std::string source;  // the passage it rests on
  std::size_t group = 0;
  std::optional<LogicCondition> when;  // none: every row
  LogicRule rule = LogicRule::Required;
  std::vector<std::size_t> items;      // of the table, for Required, InOrder, OneOf and ChangesOnly
  std::vector<std::string> values;     // of OneOf
  std::optional<LogicCondition> gone;  // of the two about the subject
  friend bool operator==(const LogicCheck&, const LogicCheck&) = default;
};

std::string_view to_text(LogicRule rule) noexcept;  // the member of the definition: "required", "subject", ...
constexpr bool is_about_subject(LogicRule rule) noexcept {
  return rule == LogicRule::SubjectAbsent || rule == LogicRule::SubjectExists || rule == LogicRule::ChangesOnly;
}

}  // namespace shosoin::files
