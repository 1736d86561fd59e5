#include "admin-api/gate/http_head.h"

#include <algorithm>

#include "admin-api/gate/http_values.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

constexpr std::size_t kLengthDigits = 12;  // far over every body limit, far under overflow

Problem doubt() { return closing(make_problem(ErrorCode::BadRequest, detail::kFraming)); }
Problem bad_target() { return closing(make_problem(ErrorCode::BadRequest, detail::kTarget)); }

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}
bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7F); });
}
// No route needs more than unreserved characters; so an escape, a query or a fragment cannot carry anything anywhere.
bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) {
           return is_alpha(c) || is_digit(c) || c == '/' || c == '-' || c == '.' || c == '_' || c == '~';
         });
}

bool is_ours(std::string_view host, const std::vector<std::string>& authorities) {
  return std::ranges::any_of(authorities, [&](const std::string& authority) {
    if (equal_ignoring_case(host, authority)) return true;
    const bool names_port = authority.find_last_of(':') != std::string::npos && !authority.ends_with(']');
    if (names_port || host.size() <= authority.size() + 1 || host[authority.size()] != ':') return false;
    const std::string_view port = host.substr(authority.size() + 1);
    return port.size() <= 5 && std::ranges::all_of(port, is_digit) &&
           equal_ignoring_case(host.substr(0, authority.size()), authority);
  });
}

// Takes the next line off bytes; nullopt when it is not ended by CRLF or holds a CR or LF of its own.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const auto end = bytes.find_first_of("\r\n");
  if (end == std::string_view::npos || bytes.substr(end, 2) != "\r\n") return std::nullopt;
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return line;
}

std::optional<Problem> read_target(std::string_view target, const std::vector<std::string>& authorities, Head& out) {
  if (target.size() > limits::kMaxHttpTarget) return closing(make_problem(Fault::TargetTooLong));
  constexpr std::string_view scheme = "https://";
  if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {  // absolute form, RFC 9112 section 3.2.2
    target.remove_prefix(scheme.size());
    const auto slash = target.find('/');
    if (slash == std::string_view::npos) return bad_target();
    if (!is_ours(target.substr(0, slash), authorities)) return closing(make_problem(Fault::Misdirected));
    target.remove_prefix(slash);
  }
  if (!is_plain_path(target)) return bad_target();
  out.path = target;
  return std::nullopt;
}

std::optional<Problem> read_request_line(std::string_view line, const std::vector<std::string>& authorities,
                                         Head& out) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return doubt();
  out.method = line.substr(0, first);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(out.method)) return doubt();
  if (version != "HTTP/1.1") {
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                            version[6] == '.' && is_digit(version[7]);
    return is_version ? closing(make_problem(Fault::VersionNotSupported)) : doubt();
  }
  return read_target(line.substr(first + 1, second - first - 1), authorities, out);
}

std::optional<Problem> read_lines(std::string_view bytes, Head& out) {
  while (true) {
    const auto line = take_line(bytes);
    if (!line) return doubt();
    if (line->empty()) return bytes.empty() ? std::nullopt : std::optional{doubt()};
    if (out.lines.size() == limits::kMaxHttpFields) return closing(make_problem(Fault::HeaderTooLarge));
    const auto colon = line->find(':');
    if (colon == std::string_view::npos) return doubt();
    const HeaderLine header{line->substr(0, colon), trimmed(line->substr(colon + 1))};
    if (!is_token(header.name) || !is_field_value(header.value)) return doubt();
    out.lines.push_back(header);
  }
}

std::size_t count(const Head& head, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(head.lines, [&](const auto& line) { return equal_ignoring_case(line.name, name); }));
}

std::optional<Problem> read_length(Head& out) {
  const std::size_t lengths = count(out, "Content-Length");
  const std::size_t codings = count(out, "Transfer-Encoding");
  if (lengths + codings > 1) return doubt();
  if (codings == 1) {
    if (!equal_ignoring_case(out.value("Transfer-Encoding"), "chunked")) return doubt();
    out.chunked = true;
  }
  if (lengths == 1) {
    const std::string_view digits = out.value("Content-Length");
    if (digits.empty() || digits.size() > kLengthDigits || !std::ranges::all_of(digits, is_digit)) return doubt();
    std::uint64_t length = 0;
    for (char digit : digits) length = length * 10 + static_cast<std::uint64_t>(digit - '0');
    out.content_length = length;
  }
  return std::nullopt;
}

}  // namespace

std::string_view Head::value(std::string_view name) const {
  for (const auto& line : lines) {
    if (equal_ignoring_case(line.name, name)) return line.value;
  }
  return {};
}

std::optional<Problem> read_head(std::string_view bytes, const std::vector<std::string>& authorities, Head& out) {
  const auto line = take_line(bytes);
  if (!line) return doubt();
  if (auto refused = read_request_line(*line, authorities, out)) return refused;
  if (auto refused = read_lines(bytes, out)) return refused;
  if (count(out, "Host") != 1) return doubt();
  if (!is_ours(out.value("Host"), authorities)) return closing(make_problem(Fault::Misdirected));
  if (auto refused = read_length(out)) return refused;
  for (auto name : {"Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key", "Expect", "Accept",
                    "Accept-Language", "Connection"}) {
    if (count(out, name) > 1) return doubt();
  }
  out.close = false;
  for_each_weighted(out.value("Connection"), [&](std::string_view option, int) {
    if (equal_ignoring_case(option, "close")) out.close = true;
  });
  const std::string_view expect = out.value("Expect");
  if (!expect.empty() && !equal_ignoring_case(expect, "100-continue")) {
    return closing(make_problem(Fault::ExpectationFailed));
  }
  out.expects_continue = !expect.empty();
  return std::nullopt;
}

}  // namespace shosoin::gate
