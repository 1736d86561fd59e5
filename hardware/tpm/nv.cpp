#include "hardware/tpm/nv.h"

#include <tss2/tss2_mu.h>

namespace shosoin::tpm {
namespace {

// Never ORDERLY: such a counter jumped from 53 to 255 at a power cut (lab).
constexpr TPMA_NV kCommon = TPMA_NV_POLICYWRITE | TPMA_NV_NO_DA;
constexpr TPMA_NV kReadable = TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD;

constexpr TPMA_NV typed(TPM2_NT type, TPMA_NV attributes) {
  return attributes | (static_cast<TPMA_NV>(type) << TPMA_NV_TPM2_NT_SHIFT);
}
TPMA_NV attributes_of(NvKind kind) noexcept {
  switch (kind) {
    case NvKind::Counter:
      return typed(TPM2_NT_COUNTER, kCommon | kReadable);
    case NvKind::Chain:
      return typed(TPM2_NT_EXTEND, kCommon | kReadable);
    case NvKind::Slot:
      return typed(TPM2_NT_ORDINARY, kCommon | TPMA_NV_POLICYREAD);
  }
  return 0;
}
std::uint16_t size_of(NvKind kind) noexcept {
  switch (kind) {
    case NvKind::Counter:
      return kCounterSize;
    case NvKind::Chain:
      return kChainSize;
    case NvKind::Slot:
      return kSlotSize;
  }
  return 0;
}

}  // namespace

Result<Handle> define_nv(Context& context, const SaltedSession& salted, const NvSpace& space, const AuthValue& auth) {
  TPM2B_NV_PUBLIC area{};
  area.nvPublic.nvIndex = space.index;
  area.nvPublic.nameAlg = TPM2_ALG_SHA256;
  area.nvPublic.attributes = attributes_of(space.kind);
  area.nvPublic.dataSize = size_of(space.kind);
  fill_sized(area.nvPublic.authPolicy, space.policy);
  WipedBuffer<TPM2B_AUTH> value;
  auth.expose([&](auto bytes) { fill_sized(*value.get(), bytes); });
  ESYS_TR made = ESYS_TR_NONE;
  TRY(auto io, salted.armed());
  TRY(call("define an NV index", [&] {
    return Esys_NV_DefineSpace(context.esys(), ESYS_TR_RH_OWNER, io, ESYS_TR_NONE, ESYS_TR_NONE, value.get(), &area,
                               &made);
  }));
  Handle handle(context, made, Handle::Leaving::Close);
  TRY(context.set_auth(made, auth));
  return handle;
}
Result<void> undefine_nv(Context& context, Handle index) {
  return call("take an NV index back", [&] {
    return Esys_NV_UndefineSpace(context.esys(), ESYS_TR_RH_OWNER, index.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                 ESYS_TR_NONE);
  });
}

Result<void> read_nv(Context& context, const NvAccess& access, std::span<std::uint8_t> out) {
  OwnedSecret<TPM2B_MAX_NV_BUFFER> data;
  TRY(call("read an NV index", [&] {
    return Esys_NV_Read(context.esys(), access.index, access.index, access.authorising, access.encrypting, ESYS_TR_NONE,
                        static_cast<UINT16>(out.size()), 0, into(data));
  }));
  if (data->size != out.size())
    return Error{ErrorCode::TpmUnreachable, "read an NV index: the answer has another size"};
  std::memcpy(out.data(), data->buffer, out.size());
  return success();
}
Result<void> write_nv(Context& context, const NvAccess& access, ByteView value) {
  WipedBuffer<TPM2B_MAX_NV_BUFFER> data(value);
  return call("write an NV index", [&] {
    return Esys_NV_Write(context.esys(), access.index, access.index, access.authorising, access.encrypting,
                         ESYS_TR_NONE, data.get(), 0);
  });
}
Result<void> extend_nv(Context& context, const NvAccess& access, ByteView value) {
  WipedBuffer<TPM2B_MAX_NV_BUFFER> data(value);
  return call("extend the chain", [&] {
    return Esys_NV_Extend(context.esys(), access.index, access.index, access.authorising, access.encrypting,
                          ESYS_TR_NONE, data.get());
  });
}
Result<void> increment_nv(Context& context, const NvAccess& access) {
  return call("increment the counter", [&] {
    return Esys_NV_Increment(context.esys(), access.index, access.index, access.authorising, access.encrypting,
                             ESYS_TR_NONE);
  });
}

Result<Attestation> certify_nv(Context& context, const NvCertification& request) {
  const auto qualifying = sized<TPM2B_DATA>(request.qualifying);
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_NULL;  // the key's own
  Owned<TPM2B_ATTEST> statement;
  Owned<TPMT_SIGNATURE> signature;
  TRY(call("certify an NV index", [&] {
    return Esys_NV_Certify(context.esys(), request.key, request.index.index, request.index.index, request.key_session,
                           request.index.authorising, ESYS_TR_NONE, &qualifying, &scheme, request.size, 0,
                           into(statement), into(signature));
  }));
  TRY(auto marshalled, marshal_signature(*signature));
  return Attestation{.statement = copy_of(view_of_sized(*statement)), .signature = std::move(marshalled)};
}

Result<Bytes> marshal_signature(const TPMT_SIGNATURE& signature) {
  Bytes out(sizeof signature);
  std::size_t size = 0;
  if (Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, out.data(), out.size(), &size) != TSS2_RC_SUCCESS) {
    return Error{ErrorCode::TpmUnreachable, "read a signature of the TPM"};
  }
  out.resize(size);
  return out;
}

}  // namespace shosoin::tpm
