#include "admin-api/gate/answer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
  }
  return "Unnamed";  // the phrase means nothing to a client (RFC 9112 section 4)
}

// RFC 9110 section 6.6.1. Written once a second on each thread, not once an answer.
std::string_view date_line(std::chrono::sys_seconds now) {
  struct Line {
    std::chrono::sys_seconds second{};
    std::array<char, 48> text{};
    std::size_t size = 0;
  };
  static thread_local Line line;
  if (line.size == 0 || line.second != now) {
    const auto end = fmt::format_to_n(line.text.begin(), line.text.size(), "Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n",
                                      fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
    line.size = std::min(end.size, line.text.size());
    line.second = now;
  }
  return {line.text.data(), line.size};
}

}  // namespace

Answer answer_with(const Problem& problem, Language language, unsigned long long request_number) {
  Answer answer;
  answer.status = problem.status;
  answer.content_type = "application/problem+json";
  answer.body = problem_json(problem, language, request_number);
  answer.allow = problem.allow;
  answer.language = language == Language::Ja ? "ja" : "en";
  answer.close = problem.close;
  return answer;
}

std::string to_wire(const Answer& answer, bool head_only, std::chrono::sys_seconds now) {
  std::string out;
  out.reserve(512 + answer.body.size());
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
  out += date_line(now);
  out += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (answer.status != 204) {
    fmt::format_to(to, "Content-Type: {}\r\nContent-Length: {}\r\n", answer.content_type, answer.body.size());
  }
  if (!answer.language.empty())
    fmt::format_to(to, "Content-Language: {}\r\nVary: Accept-Language\r\n", answer.language);
  if (answer.status == 401) out += "WWW-Authenticate: Bearer\r\n";
  if (answer.status == 405) fmt::format_to(to, "Allow: {}\r\n", answer.allow);
  if (answer.status == 503 || answer.status == 429)
    fmt::format_to(to, "Retry-After: {}\r\n", limits::kRetryAfterSeconds);
  if (answer.close) out += "Connection: close\r\n";
  out += "\r\n";
  if (!head_only && answer.status != 204) out += answer.body;
  return out;
}

}  // namespace shosoin::gate
