#include "firmware/base/codec.h"

namespace shosoin {

Writer& Writer::raw(ByteView bytes) {
  append(out_, bytes);
  return *this;
}
Writer& Writer::u8(std::uint8_t value) {
  out_.push_back(value);
  return *this;
}
Writer& Writer::u16(std::uint16_t value) { return raw(be(value)); }
Writer& Writer::u32(std::uint32_t value) { return raw(be(value)); }
Writer& Writer::u64(std::uint64_t value) { return raw(be(value)); }
Writer& Writer::blob16(ByteView bytes) {
  ENSURE(bytes.size() <= 0xFFFF);
  return u16(static_cast<std::uint16_t>(bytes.size())).raw(bytes);
}
Writer& Writer::blob32(ByteView bytes) {
  ENSURE(bytes.size() <= 0xFFFF'FFFF);
  return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

ByteView Reader::raw(std::size_t size) noexcept {
  if (failed_ || size > left()) {
    failed_ = true;
    return {};
  }
  auto out = in_.subspan(at_, size);
  at_ += size;
  return out;
}
std::uint8_t Reader::u8() noexcept { return fixed<1>()[0]; }
std::uint16_t Reader::u16() noexcept { return from_be<std::uint16_t>(fixed<2>()); }
std::uint32_t Reader::u32() noexcept { return from_be<std::uint32_t>(fixed<4>()); }
std::uint64_t Reader::u64() noexcept { return from_be<std::uint64_t>(fixed<8>()); }
ByteView Reader::blob16(std::size_t most) noexcept {
  const std::size_t size = u16();
  if (size > most) failed_ = true;
  return raw(size);
}
ByteView Reader::blob32(std::size_t most) noexcept {
  const std::size_t size = u32();
  if (size > most) failed_ = true;
  return raw(size);
}
Result<void> Reader::finish(Literal doing, ErrorCode code) const {
  if (failed_ || left() != 0) return Error{code, doing};
  return success();
}

}  // namespace shosoin
