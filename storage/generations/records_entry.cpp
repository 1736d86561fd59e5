#include "storage/generations/records_entry.h"

#include "firmware/base/codec.h"

namespace shosoin::generations {
namespace {
constexpr std::uint16_t kPlainFormat = 1;  // of a flat file, nothing to identify
constexpr std::uint16_t kRecordEntryFormat = 2;
constexpr std::size_t kMaxName = 64;

void write(Writer& out, const RowPlace& place) { out.raw(place.id.view()).raw(place.key); }
RowPlace read_place(Reader& in) { return {RowId(in.fixed<16>()), in.fixed<32>()}; }
}  // namespace

Bytes encode_record_entry(const RecordEntry& entry) {
  const bool waits = entry.identification != Identification::None;
  ENSURE(waits == (entry.source.id != RowId{}));
  const auto format = entry.group == 0 && entry.row == 0 && !waits ? kPlainFormat : kRecordEntryFormat;
  Writer out;
  out.u16(format).text16(entry.file).raw(entry.import.view()).text16(entry.addressee).text16(entry.integrated);
  write(out, entry.record);
  write(out, entry.number);
  out.u32(entry.version);
  if (format == kPlainFormat) return out.take();
  out.u16(entry.group).u32(entry.row).u8(static_cast<std::uint8_t>(entry.identification));
  if (waits) write(out, entry.source);
  return out.take();
}

Result<RecordEntry> decode_record_entry(ByteView bytes) {
  constexpr Literal kDoing = "read the entry of a record";
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
  if (format == kRecordEntryFormat) {
    entry.group = in.u16();
    entry.row = in.u32();
    const auto identification = in.u8();
    if (identification > static_cast<std::uint8_t>(Identification::Rejected)) in.fail();
    entry.identification = static_cast<Identification>(identification);
    const bool waits = entry.identification != Identification::None;
    if (waits) entry.source = read_place(in);
    if (waits ? entry.source.id == RowId{} : entry.group == 0 && entry.row == 0) in.fail();  // format 1 says it
  }
  TRY(in.finish(kDoing));
  if (format != kPlainFormat && format != kRecordEntryFormat) {
    return Error{ErrorCode::Integrity, "read a record entry of another format", format};
  }
  return entry;
}

}  // namespace shosoin::generations
