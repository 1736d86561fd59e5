#include "admin-api/service/records/link_table.h"

#include <algorithm>
#include <charconv>

#include "crypto/hash.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits_linking.h"

namespace shosoin::service {
namespace {

constexpr unsigned kHalfBits = 25;  // 2^50 is the least even power over 10^15
constexpr std::uint64_t kHalf = (std::uint64_t{1} << kHalfBits) - 1;
constexpr std::uint8_t kRounds = 6;
constexpr unsigned kLowBits = 14;
constexpr std::uint64_t kLow = (std::uint64_t{1} << kLowBits) - 1;
constexpr std::size_t kFirstSlots = 16;
static_assert(IntegratedNumber::kCount + 1 < (std::uint64_t{1} << (64 - kLowBits)));

}  // namespace

Result<IntegratedNumber> IntegratedNumber::parse(ByteView digits) {
  std::uint64_t value = 0;
  const auto text = text_of(digits);
  const bool all = std::ranges::all_of(text, [](char one) { return one >= '0' && one <= '9'; });
  if (text.size() != kDigits || !all) return Error{ErrorCode::Integrity, "read an integrated addressee number"};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return IntegratedNumber(value);
}

std::string IntegratedNumber::text() const {
  auto digits = std::to_string(value_);
  return std::string(kDigits - digits.size(), '0') + digits;
}

NumberDraw::NumberDraw() { fill_random(key_); }

std::uint64_t NumberDraw::mixed(std::uint64_t value) const {
  std::uint64_t left = value >> kHalfBits, right = value & kHalf;
  for (std::uint8_t round = 0; round < kRounds; ++round) {
    const std::array<std::uint8_t, 1> number{round};
    const auto digest = crypto::sha256({key_, number, be(right)});
    const auto next = left ^ (from_be<std::uint64_t>(std::span(digest).first<8>()) & kHalf);
    left = right;
    right = next;
  }
  return left << kHalfBits | right;
}

// Walks the cycle until it is back among the numbers: nine of ten times at once.
IntegratedNumber NumberDraw::at(std::uint64_t index) const {
  ENSURE(index < IntegratedNumber::kCount);
  auto value = mixed(index);
  while (value >= IntegratedNumber::kCount) value = mixed(value);
  return IntegratedNumber(value);
}

IntegratedNumber NumberDraw::next() { return at(next_++); }

LinkTable::Key LinkTable::key_of(const Digest& token) {
  const std::span<const std::uint8_t, 32> bytes(token);
  return {static_cast<std::size_t>(bytes[16]) % kParts, from_be<std::uint64_t>(bytes.first<8>()),
          from_be<std::uint64_t>(bytes.subspan<8, 8>()) & kLow};
}

// Where the token is, or the free slot where it would be. There always is a free one.
std::size_t LinkTable::slot_for(const Part& part, const Key& key) {
  const auto size = part.tokens.size();
  auto slot = static_cast<std::size_t>(key.high % size);
  while (part.values[slot] != 0 && (part.tokens[slot] != key.high || (part.values[slot] & kLow) != key.low)) {
    slot = slot + 1 == size ? 0 : slot + 1;
  }
  return slot;
}

void LinkTable::grow(Part& part) {
  Part larger;
  const auto size = part.tokens.empty() ? kFirstSlots : part.tokens.size() + part.tokens.size() / 2;
  larger.tokens.resize(size);
  larger.values.resize(size);
  larger.marks.resize(size);
  larger.used = part.used;
  for (std::size_t i = 0; i < part.tokens.size(); ++i) {
    if (part.values[i] == 0) continue;
    const auto slot = slot_for(larger, {0, part.tokens[i], part.values[i] & kLow});
    larger.tokens[slot] = part.tokens[i];
    larger.values[slot] = part.values[i];
    larger.marks[slot] = part.marks[i];
  }
  part = std::move(larger);
}

std::optional<LinkTable::Place> LinkTable::find(const Digest& token) const {
  const auto key = key_of(token);
  const auto& part = parts_[key.part];
  if (part.used == 0) return std::nullopt;
  const auto slot = slot_for(part, key);
  return part.values[slot] == 0 ? std::nullopt : std::optional(Place{key.part, slot});
}

Result<LinkTable::Place> LinkTable::add(const Digest& token, IntegratedNumber number) {
  if (size_ >= limits::kLinkedAtOnce) return Error{ErrorCode::TooMany, "link more persons at once"};
  const auto key = key_of(token);
  auto& part = parts_[key.part];
  if (part.used * 4 >= part.tokens.size() * 3) grow(part);
  const auto slot = slot_for(part, key);
  ENSURE(part.values[slot] == 0);
  part.tokens[slot] = key.high;
  part.values[slot] = (number.value() + 1) << kLowBits | key.low;
  part.marks[slot] = 0;
  ++part.used;
  ++size_;
  return Place{key.part, slot};
}

IntegratedNumber LinkTable::number(Place place) const {
  return IntegratedNumber((parts_[place.part].values[place.slot] >> kLowBits) - 1);
}

void LinkTable::unmark(std::uint32_t bits) {
  for (auto& part : parts_) {
    for (auto& marks : part.marks) marks &= ~bits;
  }
}

std::size_t LinkTable::bytes() const noexcept {
  std::size_t all = 0;
  for (const auto& part : parts_) all += part.tokens.capacity() * (8 + 8 + 4);
  return all;
}

}  // namespace shosoin::service
