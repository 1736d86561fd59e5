#include "admin-api/cli/terminal_prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "firmware/base/limits.h"

namespace shosoin::cli {
namespace {

class Terminal {
 public:
  explicit Terminal(int fd) : fd_(fd) {}
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (hidden_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    ::close(fd_);
  }
  bool hide() {
    if (::tcgetattr(fd_, &before_) != 0) return false;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
    return hidden_;
  }
  void write(std::string_view text) const {
    // A prompt that cannot be shown does no harm; the answer decides.
    if (::write(fd_, text.data(), text.size()) < 0) return;
  }
  Result<std::string> line() const {
    std::string out;
    char one = 0;
    while (out.size() < limits::kMaxCommandLineInput) {
      const auto got = ::read(fd_, &one, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || one == '\n') return out;
      out.push_back(one);
    }
    return Error{ErrorCode::TooLarge, "read an answer from the terminal"};
  }

 private:
  int fd_;
  bool hidden_ = false;
  termios before_{};
};

}  // namespace

Result<std::string> ask(const Context& context, const Text& question, Echo echo) {
  const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return Error{ErrorCode::Conflict, "ask on a terminal: there is none, so give a file", errno};
  Terminal terminal(fd);
  if (echo == Echo::Hidden && !terminal.hide()) return Error{ErrorCode::Conflict, "turn the echo off", errno};
  terminal.write(context.pick(question));
  terminal.write(": ");
  auto answer = terminal.line();
  if (echo == Echo::Hidden) terminal.write("\n");
  return answer;
}

}  // namespace shosoin::cli
