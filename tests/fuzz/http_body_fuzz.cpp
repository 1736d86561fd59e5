// Any bytes as a chunked body: cut in any way they are read alike; what is read is what a plain second reading, written
// here with string searches, finds; nothing behind the end is taken.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin-api/gate/http_body.h"
#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace {

using namespace shosoin;
using gate::BodyFrame;

constexpr std::uint64_t kBound = 1000;

struct Read {
  BodyFrame::State state;
  std::string content;
  std::size_t taken;
};

Read read(std::string_view text, std::size_t in_size, std::size_t out_size) {
  gate::Head head;
  head.chunked = true;
  BodyFrame frame(head);
  frame.bound(kBound);
  Read out{BodyFrame::State::Running, {}, 0};
  std::vector<std::uint8_t> buffer(out_size);
  std::size_t have = std::min(in_size, text.size());
  while (frame.state() == BodyFrame::State::Running) {
    const auto step = frame.take(text.substr(out.taken, have - out.taken), buffer);
    ENSURE(step.taken <= have - out.taken && step.given <= std::min(out_size, step.taken));
    out.taken += step.taken;
    out.content += text_of(ByteView(buffer).first(step.given));
    if (out.taken < have) {
      ENSURE(step.taken > 0 || frame.state() != BodyFrame::State::Running);
    } else if (have == text.size()) {
      break;
    } else {
      have = std::min(have + in_size, text.size());
    }
  }
  out.state = frame.state();
  return out;
}

// Only of bodies that are whole and sound: the content and the length on the wire.
std::optional<Read> read_plainly(std::string_view text) {
  Read out{BodyFrame::State::Done, {}, 0};
  while (true) {
    const auto end = text.find("\r\n", out.taken);
    if (end == std::string_view::npos || end == out.taken || end - out.taken > 16) return std::nullopt;
    const std::string digits(text.substr(out.taken, end - out.taken));
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
    const auto size = std::stoull(digits, nullptr, 16);
    if (size > kBound - out.content.size()) return std::nullopt;
    out.content += text.substr(end + 2, size);
    out.taken = end + 2 + size;
    if (out.taken > text.size() || text.substr(out.taken, 2) != "\r\n") return std::nullopt;
    out.taken += 2;
    if (size == 0) return out;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  const Read whole = read(text, std::max<std::size_t>(text.size(), 1), 4096);
  const Read cut = read(text, 1 + data[0] % 32u, 1 + data[1] % 32u);
  ENSURE(whole.state == cut.state && whole.content == cut.content && whole.taken == cut.taken);
  ENSURE(whole.content.size() <= kBound);
  const auto plain = read_plainly(text);
  ENSURE(plain.has_value() == (whole.state == BodyFrame::State::Done));
  if (plain) ENSURE(plain->content == whole.content && plain->taken == whole.taken);
  return 0;
}
