#include "hardware/tpm/object.h"

#include <tss2/tss2_mu.h>

#include "crypto/hash.h"

namespace shosoin::tpm {
namespace {

TPM2B_PUBLIC ecc_template() noexcept {
  TPM2B_PUBLIC key{};
  auto& area = key.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
  area.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
  area.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
  area.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
  return key;
}
void sign_with_ecdsa(TPMT_PUBLIC& area) noexcept {
  area.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
  area.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
}
constexpr TPMA_OBJECT kBornHere =
    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA;

struct PrimaryRequest {
  ESYS_TR hierarchy;
  ESYS_TR session;
  TPM2B_PUBLIC public_template;
  const TPM2B_SENSITIVE_CREATE* sensitive;
};
Result<PrimaryKey> create_primary(Context& context, const PrimaryRequest& request) {
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION no_pcr{};
  ESYS_TR made = ESYS_TR_NONE;
  Owned<TPM2B_PUBLIC> public_area;
  Owned<TPM2B_CREATION_DATA> data;
  Owned<TPM2B_DIGEST> hash;
  Owned<TPMT_TK_CREATION> ticket;
  TRY(call("create a primary key", [&] {
    return Esys_CreatePrimary(context.esys(), request.hierarchy, request.session, ESYS_TR_NONE, ESYS_TR_NONE,
                              request.sensitive, &request.public_template, &outside, &no_pcr, &made, into(public_area),
                              into(data), into(hash), into(ticket));
  }));
  return PrimaryKey{Handle(context, made, Handle::Leaving::Flush), *public_area};
}

}  // namespace

TPM2B_PUBLIC srk_template() noexcept {
  auto key = ecc_template();
  auto& area = key.publicArea;
  area.objectAttributes = kBornHere | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
  area.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_AES;
  area.parameters.eccDetail.symmetric.keyBits.aes = 128;
  area.parameters.eccDetail.symmetric.mode.aes = TPM2_ALG_CFB;
  return key;
}
TPM2B_PUBLIC ak_template() noexcept {
  auto key = ecc_template();
  key.publicArea.objectAttributes =
      kBornHere | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;
  sign_with_ecdsa(key.publicArea);
  return key;
}
TPM2B_PUBLIC external_key(const crypto::P256Point& point) noexcept {
  auto key = ecc_template();
  key.publicArea.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH;
  sign_with_ecdsa(key.publicArea);
  fill_sized(key.publicArea.unique.ecc.x, point.x);
  fill_sized(key.publicArea.unique.ecc.y, point.y);
  return key;
}
TPM2B_PUBLIC sealed_template(const Digest& policy) noexcept {
  TPM2B_PUBLIC object{};
  auto& area = object.publicArea;
  area.type = TPM2_ALG_KEYEDHASH;
  area.nameAlg = TPM2_ALG_SHA256;
  // userWithAuth clear: nothing but the policy opens it. adminWithPolicy: ObjectChangeAuth by authorisation value
  // neither.
  area.objectAttributes =
      TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_NODA;
  fill_sized(area.authPolicy, policy);
  area.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  return object;
}

Bytes object_name(const TPM2B_PUBLIC& object) {
  std::array<std::uint8_t, sizeof(TPMT_PUBLIC)> marshalled{};
  std::size_t size = 0;
  ENSURE(Tss2_MU_TPMT_PUBLIC_Marshal(&object.publicArea, marshalled.data(), marshalled.size(), &size) ==
         TSS2_RC_SUCCESS);
  Bytes name = copy_of(be<std::uint16_t>(TPM2_ALG_SHA256));
  append(name, crypto::sha256(ByteView(marshalled).first(size)));
  return name;
}

Result<PrimaryKey> create_storage_root(Context& context) {
  const TPM2B_SENSITIVE_CREATE nothing{};
  return create_primary(context, {.hierarchy = ESYS_TR_RH_OWNER,
                                  .session = ESYS_TR_PASSWORD,
                                  .public_template = srk_template(),
                                  .sensitive = &nothing});
}
Result<PrimaryKey> create_attestation_key(Context& context, const SaltedSession& salted, const AuthValue& auth) {
  WipedBuffer<TPM2B_SENSITIVE_CREATE> sensitive;
  auth.expose([&](auto bytes) { fill_sized(sensitive->sensitive.userAuth, bytes); });
  TRY(auto io, salted.armed());
  return create_primary(context, {.hierarchy = ESYS_TR_RH_ENDORSEMENT,
                                  .session = io,
                                  .public_template = ak_template(),
                                  .sensitive = sensitive.get()});
}

Result<Handle> make_persistent(Context& context, ESYS_TR object, TPM2_HANDLE at) {
  ESYS_TR made = ESYS_TR_NONE;
  TRY(call("make a key persistent", [&] {
    return Esys_EvictControl(context.esys(), ESYS_TR_RH_OWNER, object, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, at,
                             &made);
  }));
  return Handle(context, made, Handle::Leaving::Close);
}
Result<void> make_transient_again(Context& context, Handle persistent, TPM2_HANDLE at) {
  ESYS_TR none = ESYS_TR_NONE;
  return call("take a persistent key back", [&] {
    return Esys_EvictControl(context.esys(), ESYS_TR_RH_OWNER, persistent.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                             ESYS_TR_NONE, at, &none);
  });
}

Result<SealedBlob> seal(Context& context, ESYS_TR parent, const SaltedSession& salted, const SealRequest& request) {
  WipedBuffer<TPM2B_SENSITIVE_CREATE> sensitive;
  request.auth.expose([&](auto bytes) { fill_sized(sensitive->sensitive.userAuth, bytes); });
  fill_sized(sensitive->sensitive.data, request.secret);
  const auto public_template = sealed_template(request.policy);
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION no_pcr{};
  Owned<TPM2B_PRIVATE> private_area;
  Owned<TPM2B_PUBLIC> public_area;
  Owned<TPM2B_CREATION_DATA> data;
  Owned<TPM2B_DIGEST> hash;
  Owned<TPMT_TK_CREATION> ticket;
  TRY(auto io, salted.armed());
  TRY(call("seal an object", [&] {
    return Esys_Create(context.esys(), parent, io, ESYS_TR_NONE, ESYS_TR_NONE, sensitive.get(), &public_template,
                       &outside, &no_pcr, into(private_area), into(public_area), into(data), into(hash), into(ticket));
  }));
  SealedBlob blob(sizeof(TPM2B_PUBLIC) + sizeof(TPM2B_PRIVATE));
  std::size_t size = 0;
  ENSURE(Tss2_MU_TPM2B_PUBLIC_Marshal(public_area.get(), blob.data(), blob.size(), &size) == TSS2_RC_SUCCESS);
  ENSURE(Tss2_MU_TPM2B_PRIVATE_Marshal(private_area.get(), blob.data(), blob.size(), &size) == TSS2_RC_SUCCESS);
  blob.resize(size);
  return blob;
}

Result<Handle> load_sealed(Context& context, ESYS_TR parent, const SaltedSession& salted, const SealedBlob& blob,
                           const Digest& policy) {
  TPM2B_PUBLIC public_area{};
  TPM2B_PRIVATE private_area{};
  std::size_t at = 0;
  if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob.data(), blob.size(), &at, &public_area) != TSS2_RC_SUCCESS ||
      Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob.data(), blob.size(), &at, &private_area) != TSS2_RC_SUCCESS ||
      at != blob.size()) {
    return Error{ErrorCode::Integrity, "read a sealed object"};
  }
  const auto expected = sealed_template(policy);
  if (public_area.publicArea.type != expected.publicArea.type ||
      public_area.publicArea.objectAttributes != expected.publicArea.objectAttributes ||
      !equal(view_of_sized(public_area.publicArea.authPolicy), policy)) {
    return Error{ErrorCode::Integrity, "check the policy of a sealed object: it was sealed for something else"};
  }
  ESYS_TR loaded = ESYS_TR_NONE;
  TRY(auto io, salted.armed());
  TRY(call("load a sealed object", [&] {
    return Esys_Load(context.esys(), parent, io, ESYS_TR_NONE, ESYS_TR_NONE, &private_area, &public_area, &loaded);
  }));
  return Handle(context, loaded, Handle::Leaving::Flush);
}

Result<void> unseal(Context& context, ESYS_TR object, ESYS_TR policy_session, const SaltedSession& salted,
                    std::span<std::uint8_t, 32> out) {
  OwnedSecret<TPM2B_SENSITIVE_DATA> data;
  TRY(auto io, salted.armed());
  TRY(call("unseal an object",
           [&] { return Esys_Unseal(context.esys(), object, policy_session, io, ESYS_TR_NONE, into(data)); }));
  if (data->size != out.size()) return Error{ErrorCode::Integrity, "unseal an object: it has another size"};
  std::memcpy(out.data(), data->buffer, out.size());
  return success();
}

}  // namespace shosoin::tpm
