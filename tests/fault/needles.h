// Many things to be looked for in many bytes at once, in every form they might take: text in the encodings of municipal
// files, in UTF-16, hexadecimal, base64; secrets as bytes. Filled first, then only read: any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "firmware/base/bytes.h"

namespace shosoin::test {

class Needles {
 public:
  static constexpr std::size_t kLeast = 8;  // bytes; what is shorter would be found by chance
  using Mark = std::uint32_t;               // what the caller knows the thing by

  void add_text(Mark mark, std::string_view utf8);      // all forms of kLeast bytes or more
  void add_number(Mark mark, std::string_view digits);  // the forms of a text, and as an integer of eight bytes
  void add_secret(Mark mark, ByteView bytes);           // as bytes, hexadecimal, base64
  void scan(ByteView hay, std::set<Mark>& found) const;
  std::set<Mark> scan(ByteView hay) const {
    std::set<Mark> found;
    scan(hay, found);
    return found;
  }
  std::size_t forms() const noexcept { return forms_.size(); }

 private:
  struct Form {
    Mark mark;
    std::string bytes;
  };
  void add(Mark mark, std::string bytes);
  static std::uint64_t head_of(const std::uint8_t* bytes);
  static std::size_t bit_of(std::uint64_t head);
  static constexpr std::size_t kBits = 23;
  std::vector<std::uint64_t> sieve_ = std::vector<std::uint64_t>((std::size_t{1} << kBits) / 64);
  std::unordered_multimap<std::uint64_t, std::size_t> by_head_;
  std::vector<Form> forms_;
};

}  // namespace shosoin::test
