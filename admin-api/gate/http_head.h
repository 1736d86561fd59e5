// The strict reading of a request head (RFC 9112): one Host that is ours, one way to read the length, no folding, no
// bare CR or LF, no control characters. On any doubt: one answer and close. Each decision: http.md. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin-api/gate/problem.h"

namespace shosoin::gate {

struct HeaderLine {
  std::string_view name, value;
};
struct Head {  // views into the bytes that were read
  std::string_view method;
  std::string_view path;  // "/..." of unreserved characters, without query
  std::vector<HeaderLine> lines;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool close = false;  // the client asked for it
  bool expects_continue = false;
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  std::string_view value(std::string_view name) const;  // "" when absent; single-valued fields stand at most once
  std::string list(std::string_view name) const;        // all lines of a field that is a list (RFC 9110 section 5.3)
};

// bytes: everything up to and including the empty line. authorities: "host" or "host:port", as in the settings.
std::optional<Problem> read_head(std::string_view bytes, const std::vector<std::string>& authorities, Head& out);
// What is said of a head that does not end within kMaxHttpHeader bytes.
Problem refuse_long_head(std::string_view bytes);

}  // namespace shosoin::gate
