#include "tests/fault/needles.h"

#include <iconv.h>

#include <array>
#include <cstring>

#include "firmware/base/result.h"

namespace shosoin::test {
namespace {

// Empty where the encoding lacks a character.
std::string converted(std::string_view text, const char* encoding) {
  const auto converter = ::iconv_open(encoding, "UTF-8");
  ENSURE(converter != reinterpret_cast<iconv_t>(-1));
  std::string in(text), out(text.size() * 4 + 16, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t left = in.size(), room = out.size();
  const auto done = ::iconv(converter, &from, &left, &to, &room);
  ::iconv_close(converter);
  if (done == static_cast<std::size_t>(-1)) return {};
  out.resize(out.size() - room);
  return out;
}

// What base64 of anything that holds these bytes shows of them, wherever they begin in it.
std::vector<std::string> in_base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::vector<std::string> forms;
  for (const std::string_view last : {"+/", "-_"}) {
    const auto letter = [&](unsigned value) { return value < 62 ? kAlphabet[value] : last[value - 62]; };
    for (std::size_t skipped = 0; skipped < 3; ++skipped) {  // bytes until a group of three begins
      std::string out;
      for (std::size_t i = skipped; i + 3 <= bytes.size(); i += 3) {
        const auto byte = [&](std::size_t k) {
          return static_cast<unsigned>(static_cast<unsigned char>(bytes[i + k]));
        };
        const unsigned all = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (const unsigned shift : {18u, 12u, 6u, 0u}) out += letter(all >> shift & 63);
      }
      forms.push_back(std::move(out));
    }
  }
  return forms;
}

}  // namespace

std::uint64_t Needles::head_of(const std::uint8_t* bytes) {
  std::uint64_t head;
  std::memcpy(&head, bytes, sizeof head);
  return head;
}
std::size_t Needles::bit_of(std::uint64_t head) { return head * 0x9E3779B97F4A7C15ull >> (64 - kBits); }

void Needles::add(Mark mark, std::string bytes) {
  if (bytes.size() < kLeast) return;
  const auto head = head_of(reinterpret_cast<const std::uint8_t*>(bytes.data()));
  const auto bit = bit_of(head);
  sieve_[bit / 64] |= std::uint64_t{1} << bit % 64;
  by_head_.emplace(head, forms_.size());
  forms_.push_back({mark, std::move(bytes)});
}

void Needles::add_text(Mark mark, std::string_view utf8) {
  std::set<std::string> all{std::string(utf8)};
  for (const auto* encoding : {"CP932", "EUC-JP-MS", "UTF-16LE", "UTF-16BE"}) all.insert(converted(utf8, encoding));
  const auto plain = all;
  for (const auto& form : plain) {
    auto hex = to_hex(view_of(form));
    all.insert(hex);
    for (auto& letter : hex) letter = static_cast<char>(letter >= 'a' ? letter - 'a' + 'A' : letter);
    all.insert(hex);
    all.merge(std::set<std::string>([&] {
      const auto forms = in_base64(form);
      return std::set<std::string>(forms.begin(), forms.end());
    }()));
  }
  for (const auto& form : all) add(mark, form);
}

void Needles::add_number(Mark mark, std::string_view digits) {
  add_text(mark, digits);
  const auto value = be<std::uint64_t>(std::stoull(std::string(digits)));
  add(mark, std::string(value.begin(), value.end()));
  add(mark, std::string(value.rbegin(), value.rend()));
}

void Needles::add_secret(Mark mark, ByteView bytes) {
  add(mark, std::string(text_of(bytes)));
  add(mark, to_hex(bytes));
  for (auto& form : in_base64(text_of(bytes))) add(mark, std::move(form));
}

void Needles::scan(ByteView hay, std::set<Mark>& found) const {
  if (hay.size() < kLeast) return;
  for (std::size_t at = 0; at + kLeast <= hay.size(); ++at) {
    const auto head = head_of(hay.data() + at);
    const auto bit = bit_of(head);
    if ((sieve_[bit / 64] >> bit % 64 & 1) == 0) continue;
    const auto [first, last] = by_head_.equal_range(head);
    for (auto each = first; each != last; ++each) {
      const auto& form = forms_[each->second];
      if (form.bytes.size() <= hay.size() - at &&
          std::memcmp(form.bytes.data(), hay.data() + at, form.bytes.size()) == 0)
        found.insert(form.mark);
    }
  }
}

}  // namespace shosoin::test
