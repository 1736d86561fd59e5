// The certificate of erasure: assembled from the body fixed before the destruction and the TPM's evidence, canonical JSON (RFC 8785),
// signed with Ed25519 (format page: storage/erasure/certificate.md). Verification is offline and pure: any thread, no TPM, no files.
// Never in it: a 個人番号, a name or address of a subject, or a hash of one (domain notes, section 4).
#pragma once

#include "storage/erasure/epoch_state.h"
#include "hardware/tpm/attestation.h"
#include "storage/erasure/provisioning_record.h"

namespace shosoin::erasure {

struct CertificateRow {
  RecordId record;
  RowId row;
  Digest row_digest{};             // SHA256 of the encrypted row
};
enum class CertificateKind : std::uint8_t { Erasure, Batch, TenantRemoval };
// Fixed in the appliance transaction, before anything is destroyed.
struct CertificateBody {
  std::string declaration;         // JSON object of the service: tenant, file, count, rule, persons, times, surviving copies ...
  TenantId tenant;
  std::uint64_t epoch = 0;         // the epoch the erasure leads to
  std::uint32_t index = 0;         // among the certificates of the batch
  std::vector<CertificateRow> rows;
  std::vector<Digest> tenant_leaves;  // all leaves of this tenant in this batch, in manifest order
  CertificateKind kind = CertificateKind::Erasure;  // a removal has neither rows nor leaves: all went, and the manifest counts them
};
Bytes encode_certificate_body(const CertificateBody& body);
Result<CertificateBody> decode_certificate_body(ByteView bytes);

// Of an erasure or of a tenant's removal, by the body's kind.
std::string assemble_certificate(const CertificateBody& body, const Evidence& evidence, bool software_tpm,
                                 const std::vector<std::string>& endorsement_certificates, const SigningSeed& signing_seed);

// Of the batch as a whole, an empty one too: how many rows went from each tenant, and the root over them. Needs nothing but the evidence.
std::string assemble_batch_certificate(const Evidence& evidence, bool software_tpm,
                                       const std::vector<std::string>& endorsement_certificates,
                                       const SigningSeed& signing_seed);

enum class CertificateFault : std::uint8_t {
  None, NotJson, NotCanonical, UnknownMember, WrongFormat, BadField, SignatureInvalid, SerialMismatch, ManifestMismatch,
  ChainMismatch, TenantNotInManifest, CountMismatch, RowNotInManifest, SurvivingKeySlot, TpmEvidence,
  OtherTenant,                     // right, but not of the tenant that was asked about
  TenantStays,                     // of a removal, but the manifest keeps the tenant
};
struct CertificateCheck {
  CertificateFault fault = CertificateFault::None;
  tpm::EvidenceFault evidence = tpm::EvidenceFault::None;  // when fault is TpmEvidence
  bool software_tpm = false;       // valid, but of no evidential value
  std::string serial;
  std::string declaration;         // for display
  std::uint64_t epoch = 0;
  std::size_t rows = 0;
  CertificateKind kind = CertificateKind::Erasure;  // of a whole batch: no declaration
};
// Of an erasure, of a tenant's removal or of a batch. tenant_code: refused where the declaration names another tenant, or none.
CertificateCheck verify_certificate(std::string_view text, const ProvisioningRecord& pinned, std::string_view tenant_code = {});
std::string_view describe(CertificateFault fault, bool japanese);
std::string_view describe(tpm::EvidenceFault fault, bool japanese);

}  // namespace shosoin::erasure
