// The one place every TPM command passes: a TCTI around a transport that asks the mains plug (firmware/base/power.h)
// for "tpm:<CommandName>". Cut::Before: the request is not sent. Cut::After: the TPM executed it, the answer is lost.
// Both come out of ESYS as TpmUnreachable, and the power is out. One thread; must outlive the ESYS context that uses
// it.
#pragma once

#include <tss2/tss2_tcti.h>

#include <memory>
#include <string>

#include "hardware/tpm/transport.h"

namespace shosoin::tpm {

// "tpm:NV_Extend" for the header of a command; "tpm:Other" for one this product does not send. (command_names.cpp)
std::string_view power_step_of(ByteView command) noexcept;

class Wire {
 public:
  static Result<std::unique_ptr<Wire>> open(const std::string& name);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  TSS2_TCTI_CONTEXT* tcti() noexcept { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(&face_); }
  bool software() const noexcept { return transport_->software(); }
  // A killed process leaves sessions and objects in a TPM without resource manager, which has room for three of each:
  // flushes them. Does nothing under a resource manager.
  Result<void> flush_leftovers();

 private:
  struct Face {  // what the TSS sees; first member as the TSS wants it
    TSS2_TCTI_CONTEXT_COMMON_V2 common;
    Wire* wire;
  };
  explicit Wire(std::unique_ptr<Transport> transport) noexcept;
  TSS2_RC transmit(ByteView command) noexcept;
  TSS2_RC receive(std::size_t& size, std::uint8_t* buffer) noexcept;
  Result<Bytes> exchange(ByteView command);
  Result<void> flush_handles_from(std::uint32_t first);

  std::unique_ptr<Transport> transport_;
  Face face_{};
};

}  // namespace shosoin::tpm
