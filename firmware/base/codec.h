// Reader and Writer: bounded big-endian encoding for stored and sent formats. A Reader never reads past its view; the first
// failure sticks and finish() reports it, so a parser is a straight line. Inline: a call costs more than what it does. Pure; any
// thread.
#pragma once

#include <cstring>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin {

class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t expected) { out_.reserve(expected); }
  Writer& u8(std::uint8_t value) {
    out_.push_back(value);
    return *this;
  }
  Writer& u16(std::uint16_t value) { return raw(be(value)); }
  Writer& u32(std::uint32_t value) { return raw(be(value)); }
  Writer& u64(std::uint64_t value) { return raw(be(value)); }
  Writer& raw(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Writer& blob16(ByteView bytes) {  // length as u16, then the bytes; ENSUREs that it fits
    ENSURE(bytes.size() <= 0xFFFF);
    return u16(static_cast<std::uint16_t>(bytes.size())).raw(bytes);
  }
  Writer& blob32(ByteView bytes) {
    ENSURE(bytes.size() <= 0xFFFF'FFFF);
    return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
  }
  Writer& text16(std::string_view text) { return blob16(view_of(text)); }
  Bytes take() { return std::move(out_); }
  const Bytes& bytes() const { return out_; }

 private:
  Bytes out_;
};

class Reader {
 public:
  explicit Reader(ByteView in) noexcept : in_(in) {}
  std::uint8_t u8() noexcept { return number<std::uint8_t>(); }
  std::uint16_t u16() noexcept { return number<std::uint16_t>(); }
  std::uint32_t u32() noexcept { return number<std::uint32_t>(); }
  std::uint64_t u64() noexcept { return number<std::uint64_t>(); }
  ByteView raw(std::size_t size) noexcept {  // a view into the input; empty after a failure
    if (failed_ || size > left()) {
      failed_ = true;
      return {};
    }
    const auto out = in_.subspan(at_, size);
    at_ += size;
    return out;
  }
  ByteView blob16(std::size_t most) noexcept {
    const std::size_t size = u16();
    if (size > most) failed_ = true;
    return raw(size);
  }
  ByteView blob32(std::size_t most) noexcept {
    const std::size_t size = u32();
    if (size > most) failed_ = true;
    return raw(size);
  }
  std::string text16(std::size_t most) { return std::string(text_of(blob16(most))); }
  template <std::size_t N>
  std::array<std::uint8_t, N> fixed() noexcept {
    std::array<std::uint8_t, N> out{};
    const auto bytes = raw(N);
    if (bytes.size() == N) std::memcpy(out.data(), bytes.data(), N);
    return out;
  }
  std::size_t left() const noexcept { return in_.size() - at_; }
  bool failed() const noexcept { return failed_; }
  void fail() noexcept { failed_ = true; }
  // Integrity by default: stored bytes. Pass BadRequest for what came from outside.
  Result<void> finish(Literal doing, ErrorCode code = ErrorCode::Integrity) const {
    if (failed_ || left() != 0) return Error{code, doing};
    return success();
  }

 private:
  template <std::unsigned_integral T>
  T number() noexcept {
    const auto bytes = raw(sizeof(T));
    return bytes.size() == sizeof(T) ? from_be<T>(bytes.template first<sizeof(T)>()) : T{0};
  }
  ByteView in_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace shosoin
