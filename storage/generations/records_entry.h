// The entry of a record in table Records: where its rows are and the keys that open them (format page: generations.md). The keys
// stand here and nowhere else: whoever cannot open the block or delta row cannot open the row. Values; any thread.
#pragma once

#include <string>
#include <vector>

#include "crypto/row.h"
#include "firmware/base/ids.h"

namespace shosoin::generations {

struct RowPlace {
  RowId id;
  crypto::RowKey key{};
};
// Whether a record waits for 文字同定 (domain notes, section 2). Frozen numbers.
enum class Identification : std::uint8_t {
  None = 0,        // every character was known when it came
  Waiting = 1,     // shown to nobody, although its import may be confirmed
  Identified = 2,  // by one person, confirmed by another
  Rejected = 3,    // not to be identified: leaves with the next batch
};
struct RecordEntry {
  std::string file;            // file key
  RecordId import;             // which import brought it; unconfirmed until that import is confirmed
  std::string addressee;       // 宛名番号 role: as received, else the 団体内統合宛名番号
  std::string integrated;      // 団体内統合宛名番号
  RowPlace record;             // the items without the 個人番号
  RowPlace number;             // the 個人番号, apart under their own key (S-04, S-05); id zero when there are none
  std::uint32_t version = 1;
  std::uint16_t group = 0;     // the table of the file that the record is a row of
  std::uint32_t row = 0;       // of the CSV it came in, the header counted: the order of a person's rows; 0 in flat files
  Identification identification = Identification::None;
  RowPlace source{};           // the bytes as they stood in the file; only where identification is not None
  std::vector<RowId> rows() const {
    std::vector<RowId> all{record.id};
    if (number.id != RowId{}) all.push_back(number.id);
    if (source.id != RowId{}) all.push_back(source.id);
    return all;
  }
};
// Format 1 where group, row and identification are zero, format 2 otherwise: one encoding for each value.
Bytes encode_record_entry(const RecordEntry& entry);
Result<RecordEntry> decode_record_entry(ByteView bytes);

}  // namespace shosoin::generations
