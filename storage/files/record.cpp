#include "storage/files/record.h"

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

constexpr std::size_t kMaxKey = 64, kMaxAddresseeNumber = 64;

template <class Text>
bool keeps_number_apart(const Definition& definition, const std::vector<Text>& values) {
  const auto at = definition.index_of(ItemRole::IndividualNumber);
  return !at || values[*at].empty();
}

template <class Record>
Result<const Definition*> match(const Record& record, const DefinitionSet& definitions) {
  const auto* definition = definitions.find(record.definition_key, record.definition_version);
  if (definition == nullptr || !definition->is_flat() || record.values.size() != definition->items().size() ||
      !keeps_number_apart(*definition, record.values)) {
    return Error{ErrorCode::Integrity, "match a record with its definition"};
  }
  return definition;
}

}  // namespace

Result<Bytes> encode_record(const Definition& definition, const StoredRecord& record) {
  ENSURE(record.values.size() == definition.items().size());
  ENSURE(record.definition_key == definition.key() && record.definition_version == definition.version());
  ENSURE(definition.is_flat() && keeps_number_apart(definition, record.values));
  if (record.addressee_number.size() > kMaxAddresseeNumber) return Error{ErrorCode::TooLarge, "encode a record"};
  Writer out;
  out.u16(kRecordFormat).text16(record.definition_key).u16(record.definition_version).text16(record.addressee_number);
  out.u16(static_cast<std::uint16_t>(record.values.size()));
  for (const auto& value : record.values) {
    if (value.size() > limits::kMaxFieldBytes) return Error{ErrorCode::TooLarge, "encode a record"};
    out.text16(value);
  }
  if (out.bytes().size() > limits::kMaxRecordPlain) return Error{ErrorCode::TooLarge, "encode a record"};
  return out.take();
}

Result<RecordView> view_record(ByteView bytes) {
  constexpr Literal kDoing = "decode a record";
  Reader in(bytes);
  RecordView record;
  if (bytes.size() > limits::kMaxRecordPlain || in.u16() != kRecordFormat) return Error{ErrorCode::Integrity, kDoing};
  record.definition_key = text_of(in.blob16(kMaxKey));
  record.definition_version = in.u16();
  record.addressee_number = text_of(in.blob16(kMaxAddresseeNumber));
  const std::size_t count = in.u16();
  if (count > limits::kMaxDefinitionItems) in.fail();
  if (!in.failed()) record.values.reserve(count);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    record.values.push_back(text_of(in.blob16(limits::kMaxFieldBytes)));
    if (!is_valid_utf8(record.values.back())) in.fail();
  }
  if (!is_valid_utf8(record.definition_key) || !is_valid_utf8(record.addressee_number)) in.fail();
  TRY(in.finish(kDoing));
  return record;
}

Result<StoredRecord> decode_record(ByteView bytes) {
  TRY(const auto view, view_record(bytes));
  return StoredRecord{std::string(view.definition_key),
                      view.definition_version,
                      std::string(view.addressee_number),
                      {view.values.begin(), view.values.end()}};
}

Result<const Definition*> definition_of(const RecordView& record, const DefinitionSet& definitions) {
  return match(record, definitions);
}
Result<const Definition*> definition_of(const StoredRecord& record, const DefinitionSet& definitions) {
  return match(record, definitions);
}

}  // namespace shosoin::files
