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
struct RecordEntry {
  std::string file;            // file key
  RecordId import;             // which import brought it; unconfirmed until that import is confirmed
  std::string addressee;       // 宛名番号 role: as received, else the 団体内統合宛名番号
  std::string integrated;      // 団体内統合宛名番号
  RowPlace record;             // the items without the 個人番号
  RowPlace number;             // the 個人番号 alone, under its own key (S-04, S-05); id zero when there is none
  std::uint32_t version = 1;
  std::vector<RowId> rows() const {
    std::vector<RowId> all{record.id};
    if (number.id != RowId{}) all.push_back(number.id);
    return all;
  }
};
Bytes encode_record_entry(const RecordEntry& entry);
Result<RecordEntry> decode_record_entry(ByteView bytes);

}  // namespace shosoin::generations
