#include "admin-api/gate/http_body.h"

#include <algorithm>
#include <optional>

#include "firmware/base/limits.h"
#include "firmware/base/limits_http.h"

namespace shosoin::gate {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

BodyFrame::BodyFrame(const Head& head)
    : state_(head.has_body() ? State::Running : State::Done),
      place_(head.chunked ? Place::Size : Place::Content),
      chunked_(head.chunked),
      left_(head.content_length.value_or(0)) {}

BodyFrame::Step BodyFrame::take(std::string_view in, std::span<std::uint8_t> out) {
  Step step;
  while (state_ == State::Running && step.taken < in.size()) {
    if (place_ != Place::Content) {
      read_syntax(in[step.taken++]);
      continue;
    }
    const auto most = std::min(in.size() - step.taken, out.size() - step.given);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, most));
    if (size == 0) break;
    std::ranges::copy(in.substr(step.taken, size), out.subspan(step.given).begin());
    step.taken += size;
    step.given += size;
    left_ -= size;
    if (left_ == 0) content_ended();
  }
  return step;
}

void BodyFrame::read_syntax(char c) {
  switch (place_) {
    case Place::Size:
      return read_size(c);
    case Place::SizeLineFeed:
      if (c == '\n') return size_ended();
      state_ = State::Doubt;
      return;
    case Place::Content:
      return;
    case Place::ContentReturn:
      return expect(c, '\r', Place::ContentLineFeed);
    case Place::ContentLineFeed:
      return expect(c, '\n', Place::Size);
    case Place::EndReturn:  // anything else here would begin a trailer
      return expect(c, '\r', Place::EndLineFeed);
    case Place::EndLineFeed:
      state_ = c == '\n' ? State::Done : State::Doubt;
      return;
  }
}

// chunk-size = 1*HEXDIG, and its line ends there: no extension, no space, no bare line feed.
void BodyFrame::read_size(char c) {
  if (const auto digit = hex_digit(c)) {
    left_ = left_ * 16 + *digit;
    if (++digits_ > limits::kMaxChunkDigits) state_ = State::Doubt;
    return;
  }
  if (digits_ == 0) {
    state_ = State::Doubt;
    return;
  }
  expect(c, '\r', Place::SizeLineFeed);
}

void BodyFrame::size_ended() {
  digits_ = 0;
  place_ = left_ == 0 ? Place::EndReturn : Place::Content;
  if (left_ > most_ - std::min(announced_, most_)) state_ = State::TooLarge;
  announced_ += left_;
}

void BodyFrame::content_ended() {
  if (chunked_) {
    place_ = Place::ContentReturn;
  } else {
    state_ = State::Done;
  }
}

void BodyFrame::expect(char c, char wanted, Place next) {
  if (c == wanted) {
    place_ = next;
  } else {
    state_ = State::Doubt;
  }
}

}  // namespace shosoin::gate
