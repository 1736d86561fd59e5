// A probe on the bus between product and TPM: records every command and answer, can put a command of its own before one
// of ours (another program extending a PCR). Runs one relay thread; the recordings may be read at any time.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "firmware/base/bytes.h"
#include "tests/support/swtpm.h"

namespace shosoin::test {

class BusProbe {
 public:
  explicit BusProbe(Swtpm& tpm);
  ~BusProbe();
  BusProbe(const BusProbe&) = delete;
  BusProbe& operator=(const BusProbe&) = delete;

  std::string tcti() const;
  bool saw(ByteView bytes) const;  // anywhere in either direction
  std::size_t count_of(std::uint32_t command_code) const;
  // Once, before the next command with this code.
  void inject_before(std::uint32_t command_code, Bytes injected);

 private:
  struct Injection {
    std::uint32_t before;
    Bytes command;
  };
  void relay();
  bool pass(ByteView command);

  Swtpm& tpm_;
  int outer_ = -1, inner_ = -1;
  mutable std::mutex mutex_;
  std::vector<Bytes> commands_, answers_;
  std::optional<Injection> injection_;
  std::thread thread_;
};

}  // namespace shosoin::test
