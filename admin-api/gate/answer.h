// An answer of the gate and its bytes on the wire. Pure; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "admin-api/gate/problem.h"

namespace shosoin::gate {

struct Answer {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string allow;          // 405
  std::string_view language;  // problems are in one
  bool close = false;
};

Answer answer_with(const Problem& problem, Language language, unsigned long long request_number);
// head_only: the method was HEAD, so the body stays away but its length is told (RFC 9110 section 9.3.2).
std::string to_wire(const Answer& answer, bool head_only, std::chrono::sys_seconds now);

}  // namespace shosoin::gate
