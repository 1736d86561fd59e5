// Reader and Writer: bounded big-endian encoding for stored and sent formats. A Reader never reads past its view; the first
// failure sticks and finish() reports it, so a parser is a straight line. Pure; any thread.
#pragma once

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin {

class Writer {
 public:
  Writer& u8(std::uint8_t value);
  Writer& u16(std::uint16_t value);
  Writer& u32(std::uint32_t value);
  Writer& u64(std::uint64_t value);
  Writer& raw(ByteView bytes);
  Writer& blob16(ByteView bytes);  // length as u16, then the bytes; ENSUREs that it fits
  Writer& blob32(ByteView bytes);
  Writer& text16(std::string_view text) { return blob16(view_of(text)); }
  Bytes take() { return std::move(out_); }
  const Bytes& bytes() const { return out_; }

 private:
  Bytes out_;
};

class Reader {
 public:
  explicit Reader(ByteView in) noexcept : in_(in) {}
  std::uint8_t u8() noexcept;
  std::uint16_t u16() noexcept;
  std::uint32_t u32() noexcept;
  std::uint64_t u64() noexcept;
  ByteView raw(std::size_t size) noexcept;  // a view into the input; empty after a failure
  ByteView blob16(std::size_t most) noexcept;
  ByteView blob32(std::size_t most) noexcept;
  std::string text16(std::size_t most) { return std::string(text_of(blob16(most))); }
  template <std::size_t N>
  std::array<std::uint8_t, N> fixed() noexcept {
    std::array<std::uint8_t, N> out{};
    auto bytes = raw(N);
    for (std::size_t i = 0; i < bytes.size(); ++i) out[i] = bytes[i];
    return out;
  }
  std::size_t left() const noexcept { return in_.size() - at_; }
  bool failed() const noexcept { return failed_; }
  void fail() noexcept { failed_ = true; }
  // Integrity by default: stored bytes. Pass BadRequest for what came from outside.
  Result<void> finish(Literal doing, ErrorCode code = ErrorCode::Integrity) const;

 private:
  ByteView in_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace shosoin
