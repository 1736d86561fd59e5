// Retention periods as law and published practice give them, each with its source and how far that source was read.
// Proposals only: nothing expires by them. A manager adopts a rule, another person approves it (promise 6). Constant
// data; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "storage/retention/retention.h"

namespace shosoin::retention {

enum class Reliability : std::uint8_t {
  Read,          // the text of the law was read
  Corroborated,  // several independent places say so
  Recalled,      // practice, from memory: confirm before adopting
};
std::string_view to_text(Reliability reliability) noexcept;  // "read", "corroborated", "recalled"

enum class Subject : std::uint8_t { Records, Documents, LogMonths };
std::string_view to_text(Subject subject) noexcept;  // "records", "documents", "log-months"

struct Proposal {
  std::string_view id;  // stable, e.g. "jumin-johyo-150y"
  Subject subject;
  std::string_view record_file;  // key of a record file; "" where it is about documents or logs of all
  std::string_view what_ja, what_en;
  std::optional<CountingRule> rule;  // none: no period is known; the tenant's own rule decides
  std::string_view period;           // "150y"; "" without a rule
  std::string_view event_ja, event_en;
  std::string_view citation;  // as cited in Japanese
  Reliability reliability;
};
std::span<const Proposal> proposals() noexcept;

}  // namespace shosoin::retention
