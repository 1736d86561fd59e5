#include "hardware/tpm/transport.h"

#include <fcntl.h>
#include <poll.h>
#include <tss2/tss2_tctildr.h>

#include <charconv>
#include <cstdlib>

#include "firmware/base/limits.h"

namespace shosoin::tpm {
namespace {

// The TSS logs every refused command to standard error. Refusals are reported through Result; before main() nobody else
// reads the environment yet. A developer's own TSS2_LOG wins.
const int kTssLogSilenced = ::setenv("TSS2_LOG", "all+NONE", 0);

class LoadedTransport final : public Transport {
 public:
  LoadedTransport(TSS2_TCTI_CONTEXT* tcti, bool is_swtpm) noexcept : tcti_(tcti), swtpm_(is_swtpm) {}
  ~LoadedTransport() override { Tss2_TctiLdr_Finalize(&tcti_); }
  LoadedTransport(const LoadedTransport&) = delete;
  LoadedTransport& operator=(const LoadedTransport&) = delete;

  TSS2_RC send(ByteView command) noexcept override {
    begun_ = false;
    return Tss2_Tcti_Transmit(tcti_, command.size(), command.data());
  }
  // Waited for is the beginning of an answer, once. Asked for the size, the device's TCTI takes the ten bytes of the
  // header off the device; an answer that is no longer than these leaves nothing behind that could be waited for.
  TSS2_RC receive(std::size_t& size, std::uint8_t* buffer) noexcept override {
    if (!begun_ && !answer_in_time()) return TSS2_TCTI_RC_IO_ERROR;
    const TSS2_RC code = Tss2_Tcti_Receive(tcti_, &size, buffer, TSS2_TCTI_TIMEOUT_BLOCK);
    begun_ = buffer == nullptr && code == TSS2_RC_SUCCESS;
    return code;
  }
  bool managed() const noexcept override { return !swtpm_; }
  bool software() const noexcept override { return swtpm_; }

 private:
  // Where the TCTI shows no descriptor the kernel's own command timeouts are the bound.
  bool answer_in_time() noexcept {
    TSS2_TCTI_POLL_HANDLE handle{};
    std::size_t count = 1;
    if (Tss2_Tcti_GetPollHandles(tcti_, &handle, &count) != TSS2_RC_SUCCESS || count != 1) return true;
    handle.events = POLLIN;
    int ready = 0;
    do {
      ready = ::poll(&handle, 1, static_cast<int>(limits::kTpmAnswer.count()));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
  }
  TSS2_TCTI_CONTEXT* tcti_;
  bool swtpm_;
  bool begun_ = false;  // the answer's size has been asked for, and its header perhaps taken
};

bool known_device(std::string_view name) { return name.starts_with("device:/dev/tpmrm"); }
bool known_swtpm(std::string_view name) { return name.starts_with("swtpm:path=/") || name.starts_with("swtpm:host="); }

}  // namespace

Result<std::unique_ptr<Transport>> open_transport(const std::string& name) {
  if (name.starts_with("fd:")) {
    int descriptor = -1;
    const char* end = name.data() + name.size();
    const auto [stop, fault] = std::from_chars(name.data() + 3, end, descriptor);
    if (fault != std::errc{} || stop != end || ::fcntl(descriptor, F_GETFD) < 0) {
      return Error{ErrorCode::Settings, "open the TPM: fd:N names no open descriptor"};
    }
    return open_fd_transport(descriptor);
  }
  if (!known_device(name) && !known_swtpm(name)) {
    return Error{ErrorCode::Settings,
                 "open the TPM: the name must be device:/dev/tpmrm..., swtpm:path=/... or swtpm:host=..."};
  }
  TSS2_TCTI_CONTEXT* tcti = nullptr;
  const TSS2_RC code = Tss2_TctiLdr_Initialize(name.c_str(), &tcti);
  if (code != TSS2_RC_SUCCESS) {
    return Error{ErrorCode::TpmUnreachable, "open the TPM: it is not there or does not answer", code};
  }
  return transport_over(tcti, known_swtpm(name));
}

std::unique_ptr<Transport> transport_over(TSS2_TCTI_CONTEXT* tcti, bool is_swtpm) {
  return std::make_unique<LoadedTransport>(tcti, is_swtpm);
}

}  // namespace shosoin::tpm
