#include "admin-api/gate/http_head.h"

#include <algorithm>

#include "admin-api/gate/http_values.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_http.h"

namespace shosoin::gate {
namespace {

constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "DELETE"};  // of routes(); held against it by a test
// Fields that RFC 9110 gives one value, and Expect: a second line is a doubt about which one counts.
constexpr std::string_view kSingle[] = {"Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key",
                                        "Expect"};

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

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_port(std::string_view text) { return std::ranges::all_of(text, is_digit); }  // may be empty, RFC 3986

// Host = uri-host [ ":" port ] (RFC 9110 section 7.2); never empty, since https has no empty host (section 4.2.2).
bool is_authority(std::string_view text) {
  const bool literal = text.starts_with('[');
  const auto end = literal ? text.find(']') : text.find(':');
  const std::string_view host =
      text.substr(literal ? 1 : 0, end == std::string_view::npos ? end : end - (literal ? 1 : 0));
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view{} : text.substr(literal ? end + 1 : end);
  if (host.empty() || (literal && end == std::string_view::npos)) return false;
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return false;
  return std::ranges::all_of(host, [&](char c) {
    if (literal) return is_hex(c) || c == ':' || c == '.';
    return is_alpha(c) || is_digit(c) || std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
  });
}

bool is_ours(std::string_view host, const std::vector<std::string>& authorities) {
  return std::ranges::any_of(authorities, [&](const std::string& authority) {
    if (equal_ignoring_case(host, authority)) return true;
    const bool names_port = authority.find_last_of(':') != std::string::npos && !authority.ends_with(']');
    if (names_port || host.size() <= authority.size() + 1 || host[authority.size()] != ':') return false;
    const std::string_view port = host.substr(authority.size() + 1);
    return port.size() <= 5 && is_port(port) && equal_ignoring_case(host.substr(0, authority.size()), authority);
  });
}

std::optional<Problem> check_authority(std::string_view host, const std::vector<std::string>& authorities) {
  if (!is_authority(host)) return doubt();
  return is_ours(host, authorities) ? std::nullopt : std::optional{closing(make_problem(Fault::Misdirected))};
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
  const auto begins = [&](std::string_view with) { return equal_ignoring_case(target.substr(0, with.size()), with); };
  if (begins("http://")) return closing(make_problem(Fault::Misdirected));  // RFC 9110 section 15.5.20
  if (begins(scheme)) {                                                     // absolute form, RFC 9112 section 3.2.2
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?#"), target.size());
    if (auto refused = check_authority(target.substr(0, end), authorities)) return refused;
    target.remove_prefix(end);
    if (target.empty()) target = "/";  // RFC 9110 section 4.2.3
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
  // RFC 9110 section 9.1. CONNECT and "OPTIONS *", whose targets are no paths, end here too.
  if (std::ranges::find(kMethods, out.method) == std::end(kMethods))
    return closing(make_problem(Fault::NotImplemented));
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

// RFC 9112 sections 6.1 and 6.3: chunked last behind codings that we do not know is 501, every other list 400.
std::optional<Problem> read_coding(std::string_view codings, Head& out) {
  if (equal_ignoring_case(codings, "chunked")) {
    out.chunked = true;
    return std::nullopt;
  }
  bool sound = true;
  bool chunked = false;
  for (bool more = true; more;) {
    const auto comma = codings.find(',');
    more = comma != std::string_view::npos;
    const std::string_view coding = trimmed(codings.substr(0, comma));
    if (more) codings.remove_prefix(comma + 1);
    sound = sound && is_token(coding) && !chunked;
    chunked = equal_ignoring_case(coding, "chunked");
  }
  return sound && chunked ? closing(make_problem(Fault::NotImplemented)) : doubt();
}

std::optional<Problem> read_length(Head& out) {
  const std::size_t lengths = count(out, "Content-Length");
  const std::size_t codings = count(out, "Transfer-Encoding");
  if (lengths + codings > 1) return doubt();
  if (codings == 1) return read_coding(out.value("Transfer-Encoding"), out);
  if (lengths == 0) return std::nullopt;
  const std::string_view digits = out.value("Content-Length");
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return doubt();
  if (digits.size() > limits::kMaxLengthDigits) return closing(make_problem(ErrorCode::TooLarge));
  std::uint64_t length = 0;
  for (char digit : digits) length = length * 10 + static_cast<std::uint64_t>(digit - '0');
  out.content_length = length;
  return std::nullopt;
}

// Connection = #connection-option (RFC 9110 section 7.6.1). No option but close means anything to us: Upgrade is not
// taken (section 7.8), and no field is taken away for being named here.
std::optional<Problem> read_connection(Head& out) {
  const std::string all = out.list("Connection");
  for (std::string_view options = all; !options.empty();) {
    const auto comma = std::min(options.find(','), options.size());
    const std::string_view option = trimmed(options.substr(0, comma));
    options.remove_prefix(std::min(comma + 1, options.size()));
    if (!option.empty() && !is_token(option)) return doubt();
    if (equal_ignoring_case(option, "close")) out.close = true;
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

std::string Head::list(std::string_view name) const {
  std::string out;
  for (const auto& line : lines) {
    if (!equal_ignoring_case(line.name, name)) continue;
    if (!out.empty()) out += ", ";
    out += line.value;
  }
  return out;
}

Problem refuse_long_head(std::string_view bytes) {
  bytes = bytes.substr(0, limits::kMaxHttpHeader);
  const bool line_ends = bytes.find("\r\n") != std::string_view::npos;
  if (line_ends) return closing(make_problem(Fault::HeaderTooLarge));
  // RFC 9112 section 3: which part of the request line is longer than any of ours
  const bool method_ends = bytes.find(' ') != std::string_view::npos;
  return closing(make_problem(method_ends ? Fault::TargetTooLong : Fault::NotImplemented));
}

std::optional<Problem> read_head(std::string_view bytes, const std::vector<std::string>& authorities, Head& out) {
  const auto line = take_line(bytes);
  if (!line) return doubt();
  if (auto refused = read_request_line(*line, authorities, out)) return refused;
  if (auto refused = read_lines(bytes, out)) return refused;
  if (count(out, "Host") != 1) return doubt();
  if (auto refused = check_authority(out.value("Host"), authorities)) return refused;
  if (auto refused = read_length(out)) return refused;
  for (auto name : kSingle) {
    if (count(out, name) > 1) return doubt();
  }
  if (auto refused = read_connection(out)) return refused;
  const std::string_view expect = out.value("Expect");
  if (!expect.empty() && !equal_ignoring_case(expect, "100-continue")) {
    return closing(make_problem(Fault::ExpectationFailed));
  }
  out.expects_continue = !expect.empty();
  return std::nullopt;
}

}  // namespace shosoin::gate
