// A session as a file of mode 0600: the token never stands in an argument. One thread.
#pragma once

#include <array>
#include <string>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::cli {

class Context;

struct Session {
  std::array<std::uint8_t, 32> token{};
  std::string person;  // whose it is, for messages

  ~Session();
};
Result<Session> read_session(Context& context, const std::string& path);
Result<void> write_session(Context& context, const std::string& path, const Session& session);

}  // namespace shosoin::cli
