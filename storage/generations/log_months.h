// Entries of table LogMonths (format page: generations.md): until when a month of the log is kept, and, once its key is
// erased, that it ended at its term (L-15). What the term says is the service's. Pure; any thread.
#pragma once

#include <optional>

#include "storage/generations/entry.h"

namespace shosoin::generations {

inline constexpr std::uint8_t kAccessLogClass = 0;  // retention class: frozen number

struct LogMonthId {    // one month key: a month whose key was lost and made anew has two
  unsigned month = 0;  // 202611
  MonthKeyId key;
  auto operator<=>(const LogMonthId&) const = default;
};
struct ErasedMonth {
  std::uint64_t epoch = 0;  // of the batch, and the number of its certificate there
  std::uint32_t index = 0;
  std::uint64_t line = 0;        // where the tenant's log stood when the batch was made ready,
  std::uint64_t number_seq = 0;  // and its SEQ: it goes on from there whatever does not open (L-21, decision 0030)
};
struct LogMonth {
  LogMonthId id;
  Bytes term;
  std::optional<ErasedMonth> erased;
};
Entry log_month_entry(const LogMonth& month);
Result<LogMonth> decode_log_month(const Entry& entry);  // Integrity

EntryKey log_key_of(unsigned month);  // in table LogKeys
std::optional<unsigned> month_in(
    const EntryKey& key);  // of table LogKeys or LogMonths; none for a key of another shape

}  // namespace shosoin::generations
