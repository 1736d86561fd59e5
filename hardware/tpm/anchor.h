// The anchor: this appliance's objects in its TPM (DESIGN section 4), and nothing about records. Knows SRK, AK, CTR,
// CHAIN, K0, K1 and the policy of S(e); does not know what an epoch holds. No ESYS type appears here. One owner thread
// at a time; handles are closed in the destructor. All commands ask the mains plug (hardware/tpm/wire.h), so that tests
// can cut between them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/signature.h"
#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::tpm {

// Persistent handles and NV indices. Frozen: part of the provisioning record.
inline constexpr std::uint32_t kSrkHandle = 0x81000001;
inline constexpr std::uint32_t kAkHandle = 0x81010001;
inline constexpr std::uint32_t kCounterIndex = 0x01801000;
inline constexpr std::uint32_t kChainIndex = 0x01801001;
inline constexpr std::uint32_t kSlotIndex[2] = {0x01801002, 0x01801003};

// What a boot approval is signed for. Part of every policy (policyRef), hence the same for all releases: a name that
// changed with the release would shut out everything sealed before.
inline constexpr std::string_view kBootReference = "shosoin/1/boot";

// A boot state the firmware signer approved: PolicyAuthorize over a signed PolicyPCR (format page:
// hardware/tpm/boot-approval.md).
struct BootApproval {
  std::vector<unsigned> pcrs;        // SHA-256 bank, ascending, of 0..15 without 13; never empty
  Digest approved_policy{};          // the PolicyPCR digest that was signed
  Bytes reference;                   // kBootReference
  crypto::EcdsaSignature signature;  // over approved_policy || reference
};
struct BootTrust {
  crypto::P256Point signer;             // the firmware signing key; its TPM Name is in every policy
  std::vector<BootApproval> approvals;  // tried in order
};
Digest boot_policy_digest(const std::vector<unsigned>& pcrs, const Digest& pcr_composite);

// What the service itself holds: a file of mode 0600 or a systemd credential (promise 2 names it as an exception).
struct ServiceAuth {
  AuthValue nv;    // CTR, CHAIN, K0, K1
  AuthValue root;  // the sealed object of S(e)
  AuthValue ak;
};
ServiceAuth make_service_auth();
Bytes encode_service_auth(const ServiceAuth& auth);  // wiped by the caller
Result<ServiceAuth> decode_service_auth(ByteView bytes);

// What the custodians hold (derived from their shared secret).
struct CustodianAuth {
  AuthValue owner, endorsement, lockout;
  crypto::P256Point signing_key;  // break-glass branch
};

// What is pinned at provisioning and compared at every start.
struct Pins {
  Bytes srk_name, ctr_name, chain_name, slot_name[2], ak_name;  // TPM Names: alg(2) || SHA-256
  crypto::P256Point ak_point;
  crypto::P256Point custodian_key;
  std::uint64_t ctr_base = 0;  // CTR at epoch 0
  Digest x_init{};             // SHA256(0^32 || r), r forgotten; X(0) extends manifest(0)
};

struct TpmFacts {            // for self-test, doctor and the provisioning record
  std::string manufacturer;  // e.g. "IBM"
  std::string vendor;        // e.g. "SW   TPM"
  bool software = false;     // swtpm: no root of trust, certificates say so
  std::uint32_t firmware_version[2] = {0, 0};
  std::uint32_t nv_counters_free = 0;
  std::uint32_t nv_index_max = 0;
  std::uint32_t sessions_free = 0;
  bool owned = false;       // an owner authorisation is set, or one of our handles exists
  bool unfinished = false;  // some of ours exist, but provisioning did not come to its end
};

// A sealed object: TPM2B_PUBLIC || TPM2B_PRIVATE, marshalled.
using SealedBlob = Bytes;

// The three values S(e) is bound to beside the boot state and its authorisation.
struct RootTerms {
  Digest x_current;         // X(e)
  Digest x_previous;        // X(e-1): lets the next state be opened before the irreversible step
  std::uint64_t ctr_bound;  // CTR <= this
};

// One TPM2_NV_Certify: marshalled TPMS_ATTEST and TPMT_SIGNATURE.
struct Attestation {
  Bytes statement, signature;
};
struct EpochEvidence {  // step 8 of a batch
  Attestation chain, counter, slot;
};
struct ClockReading {  // of the TPM: detects jumps of the system clock within one boot
  std::uint64_t milliseconds = 0;
  std::uint32_t reset_count = 0, restart_count = 0;
  bool safe = false;
};

class Anchor {
 public:
  // tcti: "device:/dev/tpmrm0", "swtpm:path=/run/x/sock" ... An empty or unknown name is refused: the loader would
  // otherwise try others and may find another TPM than the one meant.
  static Result<TpmFacts> examine(const std::string& tcti);
  // Self-test, NV budget, SRK, AK, the four indices, random first link of CHAIN, hierarchy authorisations,
  // ClearControl. Refuses a TPM that is too small or already carries an appliance. Leaves K0/K1 with random values,
  // CHAIN at X(init), CTR at its base.
  static Result<Pins> provision(const std::string& tcti, const ServiceAuth& service, const CustodianAuth& custodians,
                                const BootTrust& boot);
  // ForeignTpm("...Name...") when a Name differs from the pin: another TPM, a redefined index, or an interposer on the
  // bus. After TpmUnreachable an anchor is dead: open another and read CHAIN and CTR before anything else.
  static Result<std::unique_ptr<Anchor>> open(const std::string& tcti, const Pins& pins, ServiceAuth service,
                                              BootTrust boot);
  virtual ~Anchor() = default;

  virtual Result<Digest> read_chain() = 0;
  virtual Result<std::uint64_t> read_counter() = 0;

  virtual Result<SealedBlob> seal_root(const RootHalfSealed& secret, const RootTerms& terms) = 0;
  // Chooses the branch (X(e) or X(e-1)) by reading CHAIN.
  virtual Result<RootHalfSealed> unseal_root(const SealedBlob& blob, const RootTerms& terms) = 0;

  virtual Result<RootHalfSlot> read_slot(unsigned parity) = 0;
  virtual Result<void> write_slot(unsigned parity, const RootHalfSlot& value) = 0;  // and reads it back
  virtual Result<void> overwrite_slot(unsigned parity, const Digest& public_value) = 0;
  // Not idempotent: the caller reads CHAIN before and after, and never resends blindly.
  virtual Result<void> extend_chain(const Digest& manifest_digest) = 0;
  virtual Result<void> extend_pcr13(const Digest& manifest_digest) = 0;  // kills prepared policy sessions
  virtual Result<void> increment_counter() = 0;                          // not idempotent either
  virtual Result<EpochEvidence> certify(unsigned shredded_parity, const Digest& qualifying) = 0;

  virtual Result<SealedBlob> seal_tenant(const TenantSealKey& key, const AuthValue& auth) = 0;
  virtual Result<TenantSealKey> unseal_tenant(const SealedBlob& blob, const AuthValue& auth) = 0;

  // Marshalled TPM2B_ATTEST || TPMT_SIGNATURE over the approved PCRs and PCR 13; verify_quote in attestation.h reads
  // it.
  virtual Result<Bytes> quote(const Digest& qualifying) = 0;
  virtual Result<ClockReading> read_clock() = 0;
  virtual const TpmFacts& facts() const = 0;
};

}  // namespace shosoin::tpm
