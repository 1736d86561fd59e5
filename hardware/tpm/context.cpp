#include "hardware/tpm/context.h"

namespace shosoin::tpm {

Result<std::unique_ptr<Context>> Context::open(const std::string& tcti) {
  TRY(auto wire, Wire::open(tcti));
  return over(std::move(wire));
}
Result<std::unique_ptr<Context>> Context::take(const std::string& tcti) {
  TRY(auto wire, Wire::open(tcti));
  TRY(wire->flush_leftovers());
  return over(std::move(wire));
}
Result<std::unique_ptr<Context>> Context::over(std::unique_ptr<Wire> wire) {
  std::unique_ptr<Context> context(new Context(std::move(wire)));
  TRY(call("open an ESYS context", [&] { return Esys_Initialize(&context->esys_, context->wire_->tcti(), nullptr); }));
  return context;
}

Result<void> Context::self_test() {
  return call("test the TPM", [&] { return Esys_SelfTest(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_YES); });
}

Result<std::uint32_t> Context::property(TPM2_PT which) {
  Owned<TPMS_CAPABILITY_DATA> found;
  TPMI_YES_NO more = TPM2_NO;
  TRY(call("read a property of the TPM", [&] {
    return Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, which, 1, &more,
                              into(found));
  }));
  const auto& list = found->data.tpmProperties;
  return list.count == 1 && list.tpmProperty[0].property == which ? list.tpmProperty[0].value : 0;
}

Result<bool> Context::has_handle(TPM2_HANDLE handle) {
  Owned<TPMS_CAPABILITY_DATA> found;
  TPMI_YES_NO more = TPM2_NO;
  TRY(call("look for a handle in the TPM", [&] {
    return Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, handle, 1, &more,
                              into(found));
  }));
  const auto& list = found->data.handles;
  return list.count == 1 && list.handle[0] == handle;
}

Result<void> Context::set_auth(ESYS_TR object, const AuthValue& auth) {
  return auth.expose([&](auto bytes) {
    WipedBuffer<TPM2B_AUTH> value{ByteView(bytes)};
    return call("hand an authorisation value to ESYS", [&] { return Esys_TR_SetAuth(esys_, object, value.get()); });
  });
}

Result<Handle> Handle::open(Context& context, TPM2_HANDLE handle) {
  ESYS_TR found = ESYS_TR_NONE;
  TRY(call("open an object of the TPM", [&] {
    return Esys_TR_FromTPMPublic(context.esys(), handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found);
  }));
  return Handle(context, found, Leaving::Close);
}

Result<Bytes> Handle::name() const {
  Owned<TPM2B_NAME> name;
  TRY(call("read the Name of an object", [&] { return Esys_TR_GetName(context_->esys(), handle_, into(name)); }));
  return copy_of(view_of_sized(*name));
}

void Handle::reset() noexcept {
  if (context_ != nullptr && handle_ != ESYS_TR_NONE) {
    // A failure here is not actionable: after a transport error the context is dead, and the next start flushes
    // leftovers.
    if (leaving_ == Leaving::Flush) {
      Esys_FlushContext(context_->esys(), handle_);
    } else {
      Esys_TR_Close(context_->esys(), &handle_);
    }
  }
  context_ = nullptr;
  handle_ = ESYS_TR_NONE;
}

void Handle::swap(Handle& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(handle_, other.handle_);
  std::swap(leaving_, other.leaving_);
}

}  // namespace shosoin::tpm
