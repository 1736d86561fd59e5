#include "firmware/base/bytes.h"

#include <algorithm>

namespace shosoin {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(ByteView bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (k < have ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= have) out += alphabet[(group >> (18 - 6 * k)) & 63];
      else if (pad) out += '=';
    }
  }
  return out;
}

// One text, one meaning: whatever does not encode back to itself is refused.
std::optional<Bytes> decode64(std::string_view text, std::string_view alphabet, bool pad) {
  std::string_view body = text;
  if (pad) {
    while (!body.empty() && body.back() == '=' && text.size() - body.size() < 2) body.remove_suffix(1);
  }
  Bytes out;
  out.reserve(body.size() * 3 / 4);
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : body) {
    const auto at = alphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    bits = ((bits << 6) | static_cast<std::uint32_t>(at)) & 0xFFFFFFu;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> have));
    }
  }
  if (encode64(out, alphabet, pad) != text) return std::nullopt;
  return out;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool equal(ByteView left, ByteView right) noexcept { return std::ranges::equal(left, right); }
void append(Bytes& to, ByteView what) { to.insert(to.end(), what.begin(), what.end()); }

std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string to_base64(ByteView bytes) { return encode64(bytes, kBase64, true); }
std::optional<Bytes> from_base64(std::string_view text) { return decode64(text, kBase64, true); }
std::string to_base64url(ByteView bytes) { return encode64(bytes, kBase64Url, false); }
std::optional<Bytes> from_base64url(std::string_view text) { return decode64(text, kBase64Url, false); }

}  // namespace shosoin
