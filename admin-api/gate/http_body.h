// The framing of a request's body (RFC 9112 sections 6 and 7): none, so many bytes, or chunks. The one reading of it:
// what is behind the body is the next request. Chunk extensions and trailers are refused (http.md). Holds no bytes.
// One a request; pure; its caller's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "admin-api/gate/http_head.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {

class BodyFrame {
 public:
  enum class State { Running, Done, Doubt, TooLarge };
  struct Step {
    std::size_t taken = 0;  // bytes of in that belong to the body and are dealt with
    std::size_t given = 0;  // bytes of content written to out
  };

  BodyFrame() = default;  // no body
  explicit BodyFrame(const Head& head);

  // The most content there may be: a chunk that goes over it is TooLarge as soon as its size is read.
  void bound(std::uint64_t most) { most_ = most; }
  // Goes on until in is used up, out is full or the body has ended. After Doubt or TooLarge nothing more is taken.
  Step take(std::string_view in, std::span<std::uint8_t> out);
  State state() const { return state_; }

 private:
  enum class Place { Size, SizeLineFeed, Content, ContentReturn, ContentLineFeed, EndReturn, EndLineFeed };

  void read_syntax(char c);
  void read_size(char c);
  void size_ended();
  void content_ended();
  void expect(char c, char wanted, Place next);

  State state_ = State::Done;
  Place place_ = Place::Content;
  bool chunked_ = false;
  std::uint64_t left_ =
      0;  // content still to come of the body or of this chunk; while its line is read: its size so far
  std::size_t digits_ = 0;
  std::uint64_t most_ = limits::kMaxHttpBody;
  std::uint64_t announced_ = 0;  // by the chunks so far
};

}  // namespace shosoin::gate
