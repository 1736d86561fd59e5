#include "firmware/sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <span>

#include "firmware/sandbox/system_calls.h"

namespace shosoin::sandbox {
namespace {

constexpr std::uint64_t kInt = 0xFFFF'FFFF;  // the kernel reads an int argument from the lower half of its register

// Collects rules; the first that fails sticks, so that the policy below reads as a list.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {
    if (context_ == nullptr) failed_ = ENOMEM;
  }
  void all(std::span<const int> calls, std::uint32_t action) {
    for (int call : calls) rule(action, call, {});
  }
  void allow(std::span<const int> calls) { all(calls, SCMP_ACT_ALLOW); }
  void answer(int call, int error) { rule(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, {}); }
  // Allowed only when (argument & mask) == value.
  void allow_when(int call, unsigned argument, std::uint64_t mask, std::uint64_t value) {
    const scmp_arg_cmp condition{argument, SCMP_CMP_MASKED_EQ, mask, value};
    rule(SCMP_ACT_ALLOW, call, {&condition, 1});
  }
  Result<void> load() {
    // All threads at once, should a library have started one; another architecture's calls are an attack.
    attribute(SCMP_FLTATR_CTL_TSYNC, 1);
    attribute(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (failed_ == 0) failed_ = -seccomp_load(context_.get());
    if (failed_ != 0) return Error{ErrorCode::Settings, "confine the process (seccomp)", failed_};
    return success();
  }

 private:
  void rule(std::uint32_t action, int call, std::span<const scmp_arg_cmp> conditions) {
    if (failed_ != 0) return;
    failed_ = -seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(conditions.size()),
                                      conditions.data());
  }
  void attribute(scmp_filter_attr which, std::uint32_t value) {
    if (failed_ == 0) failed_ = -seccomp_attr_set(context_.get(), which, value);
  }
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int failed_ = 0;
};

// Threads, but no processes and no namespaces. glibc tries clone3 first, whose flags stand in memory where no filter
// sees them; "unknown call" makes it fall back to clone.
void allow_threads(Filter& filter) {
  constexpr std::uint64_t kNamespaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  filter.answer(SCMP_SYS(clone3), ENOSYS);
  filter.allow_when(SCMP_SYS(clone), 0, CLONE_THREAD | kNamespaces, CLONE_THREAD);
}

// Memory never becomes executable after the start.
void allow_memory(Filter& filter) {
  filter.allow_when(SCMP_SYS(mmap), 2, PROT_EXEC, 0);
  filter.allow_when(SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
}

void allow_narrowly(Filter& filter) {
  filter.allow_when(SCMP_SYS(socket), 0, kInt, AF_UNIX);
  filter.allow_when(SCMP_SYS(socketpair), 0, kInt, AF_UNIX);
  filter.allow_when(SCMP_SYS(prlimit64), 2, ~std::uint64_t{0}, 0);                       // reading limits only
  filter.allow_when(SCMP_SYS(tgkill), 0, kInt, static_cast<std::uint64_t>(::getpid()));  // abort() in this process
  for (const std::uint64_t request : std::initializer_list<std::uint64_t>{FIONBIO, FIONREAD, TCGETS, TIOCGWINSZ, SIOCOUTQ}) {
    filter.allow_when(SCMP_SYS(ioctl), 1, kInt, request);
  }
  for (const std::uint64_t option :
       std::initializer_list<std::uint64_t>{PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_TIMERSLACK}) {
    filter.allow_when(SCMP_SYS(prctl), 0, kInt, option);
  }
}

// Reading a file is allowed, by flags that neither create nor change one.
void allow_reading_files(Filter& filter) {
  constexpr std::uint64_t kUnnamedFile = O_TMPFILE & ~O_DIRECTORY;
  constexpr std::uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | kUnnamedFile;
  filter.allow_when(SCMP_SYS(openat), 2, kWriting, O_RDONLY);
  filter.allow_when(SCMP_SYS(open), 1, kWriting, O_RDONLY);
}

}  // namespace

Result<void> confine(Profile profile) {
  Filter filter;
  filter.all(kDeadlyCalls, SCMP_ACT_KILL_PROCESS);
  filter.allow(kOrdinaryCalls);
  allow_threads(filter);
  allow_memory(filter);
  allow_narrowly(filter);
  switch (profile) {
    case Profile::Vault:
      filter.allow(kFileChangingCalls);
      break;
    case Profile::Gate:
      allow_reading_files(filter);
      break;
  }
  return filter.load();
}

}  // namespace shosoin::sandbox
