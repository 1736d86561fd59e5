#include "storage/generations/records_entry.h"

#include "firmware/base/codec.h"

namespace shosoin::generations {
namespace {
constexpr std::uint16_t kRecordEntryFormat = 1;
constexpr std::size_t kMaxName = 64;

void write(Writer& out, const RowPlace& place) { out.raw(place.id.view()).raw(place.key); }
RowPlace read_place(Reader& in) { return {RowId(in.fixed<16>()), in.fixed<32>()}; }
}  // namespace

Bytes encode_record_entry(const RecordEntry& entry) {
  Writer out;
  out.u16(kRecordEntryFormat).text16(entry.file).raw(entry.import.view()).text16(entry.addressee).text16(entry.integrated);
  write(out, entry.record);
  write(out, entry.number);
  out.u32(entry.version);
  return out.take();
}

Result<RecordEntry> decode_record_entry(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  RecordEntry entry;
  entry.file = in.text16(kMaxName);
  entry.import = RecordId(in.fixed<16>());
  entry.addressee = in.text16(kMaxName);
  entry.integrated = in.text16(kMaxName);
  entry.record = read_place(in);
  entry.number = read_place(in);
  entry.version = in.u32();
  TRY(in.finish("read the entry of a record"));
  if (format != kRecordEntryFormat) return Error{ErrorCode::Integrity, "read a record entry of another format", format};
  return entry;
}

}  // namespace shosoin::generations
