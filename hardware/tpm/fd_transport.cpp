// The transport behind "fd:N": development and tests only. Speaks to a swtpm over an inherited stream socket.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "firmware/base/limits.h"
#include "hardware/tpm/transport.h"

namespace shosoin::tpm {
namespace {

constexpr std::size_t kHeaderSize = 10;  // tag(2) size(4) code(4): TPM 2.0 Part 1, 18

class FdTransport final : public Transport {
 public:
  explicit FdTransport(int descriptor) noexcept : descriptor_(descriptor) {}

  TSS2_RC send(ByteView command) noexcept override {
    while (!command.empty()) {
      const auto sent = ::send(descriptor_, command.data(), command.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return TSS2_TCTI_RC_IO_ERROR;
      command = command.subspan(static_cast<std::size_t>(sent));
    }
    return TSS2_RC_SUCCESS;
  }
  TSS2_RC receive(std::size_t& size, std::uint8_t* buffer) noexcept override {
    if (buffer == nullptr) {
      size = limits::kMaxTpmFrame;
      return TSS2_RC_SUCCESS;
    }
    if (size < kHeaderSize) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    if (!read_exactly({buffer, kHeaderSize})) return TSS2_TCTI_RC_IO_ERROR;
    const std::size_t whole = from_be<std::uint32_t>(std::span<const std::uint8_t, 4>(buffer + 2, 4));
    if (whole < kHeaderSize || whole > size) return TSS2_TCTI_RC_MALFORMED_RESPONSE;
    if (!read_exactly({buffer + kHeaderSize, whole - kHeaderSize})) return TSS2_TCTI_RC_IO_ERROR;
    size = whole;
    return TSS2_RC_SUCCESS;
  }
  bool managed() const noexcept override { return false; }
  bool software() const noexcept override { return true; }

 private:
  bool read_exactly(std::span<std::uint8_t> to) noexcept {
    while (!to.empty()) {
      pollfd waiting{descriptor_, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(limits::kTpmAnswer.count()));
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      const auto got = ::recv(descriptor_, to.data(), to.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      to = to.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }
  int descriptor_;
};

}  // namespace

std::unique_ptr<Transport> open_fd_transport(int descriptor) { return std::make_unique<FdTransport>(descriptor); }

}  // namespace shosoin::tpm
