#include "storage/generations/number_history.h"

#include "firmware/base/codec.h"

namespace shosoin::generations {
namespace {

constexpr std::uint16_t kNumberChangeFormat = 1;
constexpr std::size_t kDay = 10;

void write(Writer& out, const RowPlace& place) { out.raw(place.id.view()).raw(place.key); }
RowPlace read_place(Reader& in) { return {RowId(in.fixed<16>()), in.fixed<32>()}; }

}  // namespace

Bytes encode_number_change(const NumberChange& change) {
  ENSURE(change.changed_on.size() == kDay);
  Writer out;
  out.u16(kNumberChangeFormat).u8(static_cast<std::uint8_t>(change.state)).raw(view_of(change.changed_on));
  out.u64(change.done_at);
  write(out, change.former);
  write(out, change.present);
  out.raw(change.former_token).raw(change.present_token);
  return out.take();
}

Result<NumberChange> decode_number_change(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  NumberChange change;
  const auto state = in.u8();
  change.changed_on = text_of(in.raw(kDay));
  change.done_at = in.u64();
  change.former = read_place(in);
  change.present = read_place(in);
  change.former_token = in.fixed<32>();
  change.present_token = in.fixed<32>();
  TRY(in.finish("read a change of a number"));
  if (format != kNumberChangeFormat)
    return Error{ErrorCode::Integrity, "read a change of a number in another format", format};
  if (state != 1 && state != 2) return Error{ErrorCode::Integrity, "read the state of a change of a number", state};
  change.state = static_cast<NumberChangeState>(state);
  return change;
}

Bytes number_history_prefix(std::string_view integrated) {
  Bytes out = copy_of(view_of(integrated));
  out.push_back(0);
  return out;
}

EntryKey number_change_key(std::string_view integrated, const RecordId& change) {
  auto key = number_history_prefix(integrated);
  append(key, change.view());
  return {TableId::NumberHistory, std::move(key)};
}

std::string_view integrated_in(const EntryKey& number_change) {
  const ByteView bytes = number_change.bytes;
  if (bytes.size() < RecordId::kSize + 1 || bytes[bytes.size() - RecordId::kSize - 1] != 0) return {};
  return text_of(bytes.first(bytes.size() - RecordId::kSize - 1));
}

}  // namespace shosoin::generations
