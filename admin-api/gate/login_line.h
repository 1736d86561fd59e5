// Where logins of one worker thread stand in line: they get a part of its channels to the vault, so that password
// hashes never hold up what logged-in people ask, and a terminal has at most two of them, so that no terminal's flood
// keeps another's login out. First come, first served. One thread.
#pragma once

#include <list>
#include <map>

#include "admin-api/gate/executor.h"
#include "admin-api/gate/request_map.h"
#include "firmware/base/result.h"

namespace shosoin::gate {

class LoginLine {
 public:
  struct Bounds {
    std::size_t at_once, waiting, per_terminal;
  };
  LoginLine(boost::asio::io_context& context, Bounds bounds) : context_(context), bounds_(bounds) {}

  // One login's turn; the next is called when it goes.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : line_(other.line_), terminal_(other.terminal_) { other.line_ = nullptr; }
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    friend class LoginLine;
    Turn(LoginLine* line, const Fingerprint& terminal) : line_(line), terminal_(terminal) {}
    LoginLine* line_;
    Fingerprint terminal_;
  };
  // TooMany: this terminal has its two, the line is full, or the wait was too long.
  Awaitable<Result<Turn>> join(const Fingerprint& terminal);
  void end() { ended_ = true; }  // before the context goes: nobody is called any more

 private:
  struct Waiter;
  void leave(const Fingerprint& terminal);
  boost::asio::io_context& context_;
  const Bounds bounds_;
  bool ended_ = false;
  std::size_t running_ = 0;
  std::map<Fingerprint, std::size_t> by_terminal_;  // running and waiting
  std::list<Waiter*> waiters_;
};

}  // namespace shosoin::gate
