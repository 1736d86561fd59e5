// The anchor on a real TPM. See anchor.h for what each call promises; this header is for its .cpp files only.
#pragma once

#include "hardware/tpm/nv.h"
#include "hardware/tpm/object.h"
#include "hardware/tpm/policy_sessions.h"

namespace shosoin::tpm {

class AnchorImpl final : public Anchor {
 public:
  struct Parts {
    std::unique_ptr<Context> context;
    TpmFacts facts;
    ServiceAuth service;
    PolicySessions sessions;
    Handle srk, ak, counter, chain, slot[2];
    SaltedSession salted;  // declared last: given back first, and all of them before the context
  };
  explicit AnchorImpl(Parts parts) : parts_(std::move(parts)) {}

  Result<Digest> read_chain() override;
  Result<std::uint64_t> read_counter() override;
  Result<SealedBlob> seal_root(const RootHalfSealed& secret, const RootTerms& terms) override;
  Result<RootHalfSealed> unseal_root(const SealedBlob& blob, const RootTerms& terms) override;
  Result<RootHalfSlot> read_slot(unsigned parity) override;
  Result<void> write_slot(unsigned parity, const RootHalfSlot& value) override;
  Result<void> overwrite_slot(unsigned parity, const Digest& public_value) override;
  Result<void> extend_chain(const Digest& manifest_digest) override;
  Result<void> extend_pcr13(const Digest& manifest_digest) override;
  Result<void> increment_counter() override;
  Result<EpochEvidence> certify(unsigned shredded_parity, const Digest& qualifying) override;
  Result<SealedBlob> seal_tenant(const TenantSealKey& key, const AuthValue& auth) override;
  Result<TenantSealKey> unseal_tenant(const SealedBlob& blob, const AuthValue& auth) override;
  Result<Bytes> quote(const Digest& qualifying) override;
  Result<ClockReading> read_clock() override;
  const TpmFacts& facts() const override { return parts_.facts; }

 private:
  Context& context() { return *parts_.context; }
  Result<void> read_slot_into(unsigned parity, std::span<std::uint8_t, 32> out);
  Result<void> write_and_compare(unsigned parity, ByteView value);
  Result<Attestation> certify_readable(ESYS_TR index, std::uint16_t size, const Digest& qualifying);

  Parts parts_;
};

}  // namespace shosoin::tpm
