#include "crypto/password.h"

#include <sodium.h>
#include <zxcvbn.h>

#include <algorithm>

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
    return Error{ErrorCode::Unavailable, "find 64 MiB for a password hash"};
  }
  return std::string(encoded.data());
}

bool verify_password(const std::string& encoded, std::string_view password) {
  if (password.size() > limits::kMaxPasswordLength || encoded.size() >= crypto_pwhash_STRBYTES) return false;
  return crypto_pwhash_str_verify(encoded.c_str(), password.data(), password.size()) == 0;
}

const std::string& unknown_person_hash() {
  static const std::string encoded = [] {
    std::string password(32, '\0');
    fill_random({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
    auto hashed = hash_password(password).value();
    memory::wipe(password);
    return hashed;
  }();
  return encoded;
}

}  // namespace shosoin::crypto
