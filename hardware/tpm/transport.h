// How bytes reach a TPM, chosen by name:
//   device:/dev/tpmrm0               production (the kernel's resource manager)
//   swtpm:path=/run/x/sock | swtpm:host=127.0.0.1,port=2321   software TPM: demonstration and tests
//   fd:N                             DEVELOPMENT AND TESTS ONLY: an open stream socket of a private swtpm; the opener
//   keeps it
// Anything else, and nothing at all, is refused: the loader would try a list of its own and may find another TPM. One
// thread.
#pragma once

#include <tss2/tss2_tcti.h>

#include <memory>
#include <string>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::tpm {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual TSS2_RC send(ByteView command) noexcept = 0;
  // As TSS2_TCTI_RECEIVE: a null buffer asks for the size needed. Waits at most limits::kTpmAnswer where the transport
  // can.
  virtual TSS2_RC receive(std::size_t& size, std::uint8_t* buffer) noexcept = 0;
  // There is a resource manager between us and the TPM: it gives back what a killed process held, and others may hold
  // more.
  virtual bool managed() const noexcept = 0;
  virtual bool software() const noexcept = 0;
};

Result<std::unique_ptr<Transport>> open_transport(const std::string& name);
std::unique_ptr<Transport> open_fd_transport(int descriptor);  // fd_transport.cpp
// Takes over a context the loader made; what another hand made is used and left alone.
std::unique_ptr<Transport> transport_over(TSS2_TCTI_CONTEXT* tcti, bool is_swtpm);

}  // namespace shosoin::tpm
