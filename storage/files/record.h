// One version of one record of a flat file as bytes (format page: storage/files/record.md; other files: tables.h). The
// values stand as received, in the order of the definition. The individual number is never among them: it has its own
// row and key (S-04, S-05). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "storage/files/definition.h"
#include "storage/files/identifiers.h"

namespace shosoin::files {

inline constexpr std::uint16_t kRecordFormat = 1;

// A 個人番号 beside the subject's own, and where in its row it stood.
struct OtherNumber {
  std::size_t item;  // of its table
  IndividualNumber number;
};
// A checked row of one table on its way in.
struct RecordInput {
  std::vector<std::string> values;  // one per item; "" where an individual number stands
  std::optional<IndividualNumber> individual_number;
  std::optional<std::string> addressee_number;  // 宛名番号, when the file has that column in front
  std::vector<OtherNumber> other_numbers{};     // in the order of the items
};

struct StoredRecord {
  std::string definition_key;
  std::uint16_t definition_version = 0;
  std::string addressee_number;  // "" only in files whose definition has its own item for it
  std::vector<std::string> values;
  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

// The same, not copied out of its bytes: good while they stand where they are.
struct RecordView {
  std::string_view definition_key;
  std::uint16_t definition_version = 0;
  std::string_view addressee_number;
  std::vector<std::string_view> values;
};

// ENSUREs that the definition is flat, that the place of the individual number is empty and that there is one value per
// item. TooLarge over kMaxRecordPlain.
Result<Bytes> encode_record(const Definition& definition, const StoredRecord& record);
Result<RecordView> view_record(ByteView bytes);
Result<StoredRecord> decode_record(ByteView bytes);
// The definition a stored record needs, or Integrity: unknown key or version, one that is not flat, another number of
// items, a value where the individual number would stand.
Result<const Definition*> definition_of(const RecordView& record, const DefinitionSet& definitions);
Result<const Definition*> definition_of(const StoredRecord& record, const DefinitionSet& definitions);

}  // namespace shosoin::files
