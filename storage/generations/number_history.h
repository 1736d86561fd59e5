// One change of a 個人番号 in table NumberHistory (D-16; format page: generations.md): from which number to which, and
// when. The numbers stand in rows of their own under keys of their own (S-04); here are the places, and the tokens to
// find the person by. Leaves with its subject, rows too. Values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "storage/generations/entry.h"
#include "storage/generations/records_entry.h"

namespace shosoin::generations {

enum class NumberChangeState : std::uint8_t { Requested = 1, Done = 2 };  // frozen
struct NumberChange {
  NumberChangeState state = NumberChangeState::Requested;
  std::string changed_on;     // YYYY-MM-DD: since when the new one is the person's
  std::uint64_t done_at = 0;  // milliseconds since 1970; 0 while requested
  RowPlace former, present;
  Digest former_token{}, present_token{};
};
Bytes encode_number_change(const NumberChange& change);
Result<NumberChange> decode_number_change(ByteView bytes);

// 団体内統合宛名番号, 0x00, id of the change.
EntryKey number_change_key(std::string_view integrated, const RecordId& change);
Bytes number_history_prefix(std::string_view integrated);
// "" for a key of another shape.
std::string_view integrated_in(const EntryKey& number_change);

}  // namespace shosoin::generations
