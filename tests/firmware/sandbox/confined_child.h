// Runs one action in a forked, confined child and tells how it ended. The child leaves by _exit: no test clean-up, and
// no leak search, which would itself be refused.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "firmware/sandbox/sandbox.h"

namespace shosoin::sandbox::testing {

// "done" when the action answered 0 or more, "refused" for EPERM, "error N" for another errno, "killed" for SIGSYS.
template <class Action>
std::string outcome(Profile profile, Action&& action) {
  constexpr int kNotConfined = 255;
  const pid_t child = ::fork();
  if (child == 0) {
    if (!confine(profile)) ::_exit(kNotConfined);
    errno = 0;
    const long answer = action();
    ::_exit(answer >= 0 ? 0 : errno);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return "not waited for";
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? "killed" : "signal " + std::to_string(WTERMSIG(status));
  switch (WEXITSTATUS(status)) {
    case 0:
      return "done";
    case EPERM:
      return "refused";
    case kNotConfined:
      return "not confined";
    default:
      return "error " + std::to_string(WEXITSTATUS(status));
  }
}

}  // namespace shosoin::sandbox::testing
