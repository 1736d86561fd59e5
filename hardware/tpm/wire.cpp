#include "hardware/tpm/wire.h"

#include <tss2/tss2_tpm2_types.h>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/power.h"
#include "hardware/tpm/return_codes.h"

namespace shosoin::tpm {
namespace {

constexpr std::uint64_t kMagic = 0x73686f736f696e31;  // "shosoin1"
constexpr std::uint32_t kTctiVersion = 2;
constexpr std::size_t kHeaderSize = 10;

}  // namespace

Wire::Wire(std::unique_ptr<Transport> transport) noexcept : transport_(std::move(transport)) {
  face_.wire = this;
  auto& v1 = face_.common.v1;
  v1.magic = kMagic;
  v1.version = kTctiVersion;
  v1.transmit = [](TSS2_TCTI_CONTEXT* self, std::size_t size, const std::uint8_t* command) -> TSS2_RC {
    return reinterpret_cast<Face*>(self)->wire->transmit({command, size});
  };
  v1.receive = [](TSS2_TCTI_CONTEXT* self, std::size_t* size, std::uint8_t* buffer, std::int32_t) -> TSS2_RC {
    return reinterpret_cast<Face*>(self)->wire->receive(*size, buffer);
  };
  v1.finalize = [](TSS2_TCTI_CONTEXT*) {};
  v1.cancel = [](TSS2_TCTI_CONTEXT*) -> TSS2_RC { return TSS2_TCTI_RC_NOT_IMPLEMENTED; };
  v1.getPollHandles = [](TSS2_TCTI_CONTEXT*, TSS2_TCTI_POLL_HANDLE*, std::size_t*) -> TSS2_RC {
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
  };
  v1.setLocality = [](TSS2_TCTI_CONTEXT*, std::uint8_t) -> TSS2_RC { return TSS2_TCTI_RC_NOT_IMPLEMENTED; };
  face_.common.makeSticky = [](TSS2_TCTI_CONTEXT*, TPM2_HANDLE*, std::uint8_t) -> TSS2_RC {
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
  };
}

Result<std::unique_ptr<Wire>> Wire::open(const std::string& name) {
  TRY(auto transport, open_transport(name));
  return std::unique_ptr<Wire>(new Wire(std::move(transport)));
}

TSS2_RC Wire::transmit(ByteView command) noexcept {
  const power::Cut cut = power::ask(power_step_of(command));
  if (cut == power::Cut::Before) {
    power::went_out();
    return TSS2_TCTI_RC_IO_ERROR;
  }
  const TSS2_RC code = transport_->send(command);
  if (cut == power::Cut::None || code != TSS2_RC_SUCCESS) return code;
  // Waiting for the lost answer makes sure that the TPM has done it.
  std::array<std::uint8_t, limits::kMaxTpmFrame> lost{};
  std::size_t size = lost.size();
  (void)transport_->receive(size, lost.data());
  power::went_out();
  return TSS2_TCTI_RC_IO_ERROR;
}

TSS2_RC Wire::receive(std::size_t& size, std::uint8_t* buffer) noexcept { return transport_->receive(size, buffer); }

Result<Bytes> Wire::exchange(ByteView command) {
  Bytes answer(limits::kMaxTpmFrame);
  std::size_t size = answer.size();
  TSS2_RC code = transmit(command);
  if (code == TSS2_RC_SUCCESS) code = receive(size, answer.data());
  if (code != TSS2_RC_SUCCESS) return error_of("exchange a command with the TPM", code);
  answer.resize(size);
  return answer;
}

Result<void> Wire::flush_leftovers() {
  if (transport_->managed()) return success();
  TRY(flush_handles_from(TPM2_LOADED_SESSION_FIRST));
  TRY(flush_handles_from(TPM2_TRANSIENT_FIRST));
  return success();
}

Result<void> Wire::flush_handles_from(std::uint32_t first) {
  Writer list;
  list.u16(TPM2_ST_NO_SESSIONS).u32(22).u32(TPM2_CC_GetCapability);
  list.u32(TPM2_CAP_HANDLES).u32(first).u32(limits::kMaxTpmLeftovers);
  TRY(auto answer, exchange(list.bytes()));
  Reader read(answer);
  read.raw(kHeaderSize);
  read.u8();   // more follow: the bound is far above what a TPM holds
  read.u32();  // TPM2_CAP_HANDLES
  const std::uint32_t count = read.u32();
  for (std::uint32_t i = 0; i < count && i < limits::kMaxTpmLeftovers && !read.failed(); ++i) {
    const std::uint32_t handle = read.u32();
    if (read.failed()) break;
    Writer flush;
    flush.u16(TPM2_ST_NO_SESSIONS).u32(14).u32(TPM2_CC_FlushContext).u32(handle);
    TRY(exchange(flush.bytes()));
  }
  return success();
}

}  // namespace shosoin::tpm
