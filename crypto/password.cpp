#include "crypto/password.h"

#include <bits/functexcept.h>
#include <sodium.h>
#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <optional>

#include "firmware/base/ids.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = 64u << 20;
constexpr double kMinGuessBits = 33.22;  // log2(10^10): beyond the reach of a throttled attacker by far
// Words every installation knows; a password made of one of them is a default.
constexpr std::string_view kHouseWords[] = {"shosoin", "shosoindemo", "administrator", "operator",
                                            "manager", "auditor",     "changeme",      "default",
                                            "initial", "mynumber",    "kojinbango"};

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80; }));
}

int character_classes(std::string_view text) {
  bool lower = false, upper = false, digit = false, other = false;
  for (char c : text) {
    if (c >= 'a' && c <= 'z')
      lower = true;
    else if (c >= 'A' && c <= 'Z')
      upper = true;
    else if (c >= '0' && c <= '9')
      digit = true;
    else
      other = true;
  }
  return int{lower} + int{upper} + int{digit} + int{other};
}

// libsodium's encoded string with this house's parameters, the only ones that were ever stored.
using Hashed = std::array<std::uint8_t, 32>;
struct Encoded {
  std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt;
  Hashed hash;
};
std::optional<Encoded> read_encoded(std::string_view text) {
  constexpr std::string_view kHead = "$argon2id$v=19$m=65536,t=2,p=1$";
  static_assert(kMemory == 65536u << 10 && kPasses == 2);
  if (!text.starts_with(kHead)) return std::nullopt;
  text.remove_prefix(kHead.size());
  const auto middle = text.find('$');
  if (middle == text.npos) return std::nullopt;
  Encoded out{};
  const auto read = [](std::string_view part, std::span<std::uint8_t> to) {
    std::size_t size = 0;
    return sodium_base642bin(to.data(), to.size(), part.data(), part.size(), nullptr, &size, nullptr,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
           size == to.size();
  };
  if (!read(text.substr(0, middle), out.salt) || !read(text.substr(middle + 1), out.hash)) return std::nullopt;
  return out;
}

double guess_bits(std::string_view password, const std::vector<std::string>& user_words) {
  std::vector<const char*> words;
  for (const auto& word : user_words) {
    if (!word.empty()) words.push_back(word.c_str());
  }
  for (const auto& word : kHouseWords) words.push_back(word.data());
  words.push_back(nullptr);
  std::string terminated(password);
  const double bits = ZxcvbnMatch(terminated.c_str(), words.data(), nullptr);
  memory::wipe(terminated);
  return bits;
}

}  // namespace

Result<void> check_password_strength(std::string_view password, const std::vector<std::string>& user_words) {
  const bool printable = std::ranges::none_of(
      password, [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || static_cast<std::uint8_t>(c) == 0x7F; });
  if (!printable) return Error{ErrorCode::InvalidContent, "accept control characters in a password"};
  if (code_points(password) < limits::kMinPasswordLength)
    return Error{ErrorCode::InvalidContent, "accept a short password"};
  if (password.size() > limits::kMaxPasswordLength)
    return Error{ErrorCode::InvalidContent, "accept an overlong password"};
  if (character_classes(password) < 2) {
    return Error{ErrorCode::InvalidContent, "accept a password of one character class"};
  }
  if (guess_bits(password, user_words) < kMinGuessBits) {
    return Error{ErrorCode::InvalidContent, "accept a default or guessable password"};
  }
  return success();
}

Result<std::string> hash_password(std::string_view password) {
  if (password.size() > limits::kMaxPasswordLength)
    return Error{ErrorCode::InvalidContent, "hash an overlong password"};
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  if (crypto_pwhash_str_alg(encoded.data(), password.data(), password.size(), kPasses, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{ErrorCode::OutOfMemory, "find 64 MiB for a password hash"};
  }
  return std::string(encoded.data());
}

// Not crypto_pwhash_str_verify(): it answers a run for which there was no memory like a wrong password.
Result<bool> password_holds(const std::string& encoded, std::string_view password) {
  const auto stored = read_encoded(encoded);
  if (password.size() > limits::kMaxPasswordLength || !stored) return false;
  Hashed hash{};
  if (crypto_pwhash(hash.data(), hash.size(), password.data(), password.size(), stored->salt.data(), kPasses, kMemory,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{ErrorCode::OutOfMemory, "find 64 MiB for a password hash"};
  }
  const bool holds = memory::constant_time_equal(hash, stored->hash);
  memory::wipe(hash);
  return holds;
}

const std::string& unknown_person_hash() {
  static const std::string encoded = [] {
    std::string password(32, '\0');
    fill_random({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
    auto hashed = hash_password(password);
    memory::wipe(password);
    if (!hashed) std::__throw_bad_alloc();  // the next caller begins anew
    return std::move(hashed).value();
  }();
  return encoded;
}

}  // namespace shosoin::crypto
