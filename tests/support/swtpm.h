// A private software TPM per test: one process, one socketpair, one temporary state directory; no port, no path, no
// race. SIGKILL is the power cut, starting again on the same directory the reboot. It dies with the THREAD that started
// it (PR_SET_PDEATHSIG). One thread at a time.
//
// SocketSwtpm is for stories with processes of their own, which name it "swtpm:path=DIR/sock". By hand:
//   swtpm socket --tpm2 --server type=unixio,path=DIR/sock --ctrl type=unixio,path=DIR/sock.ctrl --tpmstate dir=DIR
//         --flags not-need-init,startup-clear
// The TCTI finds the control socket by the suffix .ctrl. It serves one connection at a time; a killed client makes
// room.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "firmware/base/bytes.h"

namespace shosoin::test {

class Swtpm {
 public:
  Swtpm();                                                  // a fresh TPM, running
  explicit Swtpm(const std::filesystem::path& state_copy);  // a TPM on a copy of that state: what no real chip allows
  ~Swtpm();
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;

  std::string tcti() const;  // "fd:N"; N stays the same over reboots
  int descriptor() const { return descriptor_; }
  const std::filesystem::path& state() const { return state_; }
  void power_cut();
  void power_on();
  void reboot() {
    power_cut();
    power_on();
  }
  // What other programs on the machine may do.
  void extend_pcr(unsigned pcr, const Digest& digest);

 private:
  std::filesystem::path state_;
  pid_t process_ = -1;
  int descriptor_ = -1;
};

class SocketSwtpm {
 public:
  SocketSwtpm();  // a fresh TPM, listening
  ~SocketSwtpm();
  SocketSwtpm(const SocketSwtpm&) = delete;
  SocketSwtpm& operator=(const SocketSwtpm&) = delete;
  std::string tcti() const { return "swtpm:path=" + (state_ / "sock").string(); }
  const std::filesystem::path& state() const { return state_; }
  void power_cut();
  void power_on();

 private:
  std::filesystem::path state_;
  pid_t process_ = -1;
};

}  // namespace shosoin::test
