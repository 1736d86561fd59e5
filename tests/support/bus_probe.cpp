#include "tests/support/bus_probe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "firmware/base/result.h"
#include "tests/support/tpm_frames.h"

namespace shosoin::test {

BusProbe::BusProbe(Swtpm& tpm) : tpm_(tpm) {
  int ends[2];
  ENSURE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  outer_ = ends[0];
  inner_ = ends[1];
  thread_ = std::thread([this] { relay(); });
}
BusProbe::~BusProbe() {
  ::shutdown(outer_, SHUT_RDWR);
  thread_.join();
  ::close(outer_);
  ::close(inner_);
}

std::string BusProbe::tcti() const { return "fd:" + std::to_string(outer_); }

bool BusProbe::saw(ByteView bytes) const {
  const std::lock_guard lock(mutex_);
  const auto holds = [&](const Bytes& frame) {
    return std::search(frame.begin(), frame.end(), bytes.begin(), bytes.end()) != frame.end();
  };
  return std::any_of(commands_.begin(), commands_.end(), holds) || std::any_of(answers_.begin(), answers_.end(), holds);
}
std::size_t BusProbe::count_of(std::uint32_t command_code) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(commands_.begin(), commands_.end(),
                                                [&](const Bytes& frame) { return code_of(frame) == command_code; }));
}
void BusProbe::inject_before(std::uint32_t command_code, Bytes injected) {
  const std::lock_guard lock(mutex_);
  injection_ = Injection{command_code, std::move(injected)};
}

void BusProbe::relay() {
  while (auto command = read_frame(inner_)) {
    if (!pass(*command)) return;
  }
}
bool BusProbe::pass(ByteView command) {
  std::optional<Injection> first;
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(copy_of(command));
    if (injection_ && injection_->before == code_of(command)) first = std::exchange(injection_, std::nullopt);
  }
  if (first) ENSURE(run_command(tpm_.descriptor(), first->command) == 0);
  if (!write_frame(tpm_.descriptor(), command)) return false;
  auto answer = read_frame(tpm_.descriptor());
  if (!answer) return false;
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back(*answer);
  }
  return write_frame(inner_, *answer);
}

}  // namespace shosoin::test
