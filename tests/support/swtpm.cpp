#include "tests/support/swtpm.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "firmware/base/result.h"
#include "tests/support/tpm_frames.h"

namespace shosoin::test {
namespace {

std::filesystem::path make_directory() {
  std::string name = (std::filesystem::temp_directory_path() / ("shosoin-swtpm-" + std::string(6, 'X'))).string();
  ENSURE(::mkdtemp(name.data()) != nullptr);
  return name;
}

// arguments: what comes after "swtpm socket --tpm2"; kept: a descriptor it inherits, or -1
pid_t start_swtpm(const std::vector<std::string>& arguments, int kept) {
  std::vector<std::string> words = {"swtpm", "socket", "--tpm2"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  // startup-clear: swtpm itself sends TPM2_Startup(CLEAR), as the firmware of a machine would.
  words.insert(words.end(), {"--flags", "not-need-init,startup-clear", "--log", "level=0"});
  std::vector<char*> list;
  for (auto& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  const pid_t process = ::fork();
  ENSURE(process >= 0);
  if (process != 0) return process;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (kept >= 0) ::fcntl(kept, F_SETFD, 0);
  const int nowhere = ::open("/dev/null", O_WRONLY);  // it reports every connection
  ::dup2(nowhere, STDERR_FILENO);
  ::execvp("swtpm", list.data());
  ::_exit(127);
}
void kill_swtpm(pid_t& process) {
  if (process <= 0) return;
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
  process = -1;
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

void Swtpm::power_cut() { kill_swtpm(process_); }

void Swtpm::power_on() {
  ENSURE(process_ <= 0);
  int ends[2];
  ENSURE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  process_ = start_swtpm({"--tpmstate", "dir=" + state_.string(), "--fd", std::to_string(ends[1])}, ends[1]);
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

SocketSwtpm::SocketSwtpm() : state_(make_directory()) { power_on(); }
SocketSwtpm::~SocketSwtpm() {
  power_cut();
  std::error_code ignored;
  std::filesystem::remove_all(state_, ignored);
}
void SocketSwtpm::power_cut() { kill_swtpm(process_); }
void SocketSwtpm::power_on() {
  ENSURE(process_ <= 0);
  const auto socket = state_ / "sock";
  const auto control = state_ / "sock.ctrl";
  std::filesystem::remove(socket);
  std::filesystem::remove(control);
  process_ = start_swtpm({"--tpmstate", "dir=" + state_.string(), "--server", "type=unixio,path=" + socket.string(),
                          "--ctrl", "type=unixio,path=" + control.string()},
                         -1);
  for (int i = 0; i < 500; ++i) {
    if (std::filesystem::exists(socket) && std::filesystem::exists(control)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ENSURE(!"swtpm listens within five seconds");
}

}  // namespace shosoin::test
