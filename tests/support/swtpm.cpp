#include "tests/support/swtpm.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "firmware/base/result.h"
#include "tests/support/tpm_frames.h"

namespace shosoin::test {
namespace {

std::filesystem::path make_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "shosoin-swtpm-XXXXXX").string();
  ENSURE(::mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

Swtpm::Swtpm() : state_(make_directory()) { power_on(); }
Swtpm::Swtpm(const std::filesystem::path& state_copy) : state_(make_directory()) {
  for (const auto& entry : std::filesystem::directory_iterator(state_copy)) {
    if (entry.path().filename() != ".lock") std::filesystem::copy(entry.path(), state_ / entry.path().filename());
  }
  power_on();
}
Swtpm::~Swtpm() {
  power_cut();
  ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove_all(state_, ignored);
}

std::string Swtpm::tcti() const { return "fd:" + std::to_string(descriptor_); }

void Swtpm::power_cut() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void Swtpm::power_on() {
  ENSURE(process_ <= 0);
  int ends[2];
  ENSURE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const std::string state = "dir=" + state_.string();
  const std::string socket = std::to_string(ends[1]);
  process_ = ::fork();
  ENSURE(process_ >= 0);
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::fcntl(ends[1], F_SETFD, 0);
    // startup-clear: swtpm itself sends TPM2_Startup(CLEAR), as the firmware of a machine would.
    ::execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state.c_str(), "--fd", socket.c_str(), "--flags",
             "not-need-init,startup-clear", "--log", "level=0", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(ends[1]);
  if (descriptor_ < 0) {
    descriptor_ = ends[0];
    return;
  }
  ENSURE(::dup3(ends[0], descriptor_, O_CLOEXEC) == descriptor_);
  ::close(ends[0]);
}

void Swtpm::extend_pcr(unsigned pcr, const Digest& digest) {
  ENSURE(run_command(descriptor_, extend_pcr_command(pcr, digest)) == 0);
}

}  // namespace shosoin::test
