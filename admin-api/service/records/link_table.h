// What the open imports of a tenant have linked, before it is stored: 18 to 30 bytes for each number or addressee.
// Nothing here can be turned back into a number, and nothing is stored. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::service {

// 団体内統合宛名番号: 15 digits, as one real exchange writes it (domain notes, section 1).
class IntegratedNumber {
 public:
  static constexpr std::size_t kDigits = 15;
  static constexpr std::uint64_t kCount = 1'000'000'000'000'000;
  static Result<IntegratedNumber> parse(ByteView digits);  // Integrity: only our own entries are read
  explicit IntegratedNumber(std::uint64_t value) : value_(value) { ENSURE(value < kCount); }
  std::uint64_t value() const noexcept { return value_; }
  std::string text() const;
  friend bool operator==(const IntegratedNumber&, const IntegratedNumber&) = default;

 private:
  std::uint64_t value_;
};

// A permutation of all numbers under a key of its own: what it gives out is random to whoever has no key, and never
// comes twice. It is not made from any 個人番号: a number made from one would be one (番号法 2条8項).
class NumberDraw {
 public:
  NumberDraw();
  IntegratedNumber next();
  IntegratedNumber at(std::uint64_t index) const;  // index < kCount

 private:
  std::uint64_t mixed(std::uint64_t value) const;
  std::array<std::uint8_t, 32> key_{};
  std::uint64_t next_ = 0;
};

// From an HMAC to an integrated number. 78 bits of the HMAC are kept: among 4,000,000 the chance that two meet is under
// 10^-10.
class LinkTable {
 public:
  struct Place {  // good until the next add
    std::size_t part, slot;
  };
  std::optional<Place> find(const Digest& token) const;
  Result<Place> add(const Digest& token, IntegratedNumber number);  // not there yet; TooMany
  IntegratedNumber number(Place place) const;
  std::uint32_t& marks(Place place) { return parts_[place.part].marks[place.slot]; }
  void unmark(std::uint32_t bits);  // everywhere
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept;

 private:
  struct Part {
    std::vector<std::uint64_t> tokens, values;  // a value is (number + 1) << 14 | 14 bits of the token; 0: free
    std::vector<std::uint32_t> marks;
    std::size_t used = 0;
  };
  struct Key {
    std::size_t part;
    std::uint64_t high, low;
  };
  static Key key_of(const Digest& token);
  static std::size_t slot_for(const Part& part, const Key& key);
  static void grow(Part& part);
  static constexpr std::size_t kParts = 64;  // so that growing moves little at a time
  std::array<Part, kParts> parts_;
  std::size_t size_ = 0;
};

}  // namespace shosoin::service
