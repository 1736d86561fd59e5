// Anchor::provision: once in the life of an appliance. The first durable step makes our SRK appear, the last sets
// ClearControl; whatever stops in between is seen by the next attempt and by examine() as unfinished, and nothing can
// be opened because the pins were never returned. Until ClearControl the firmware set-up can clear the TPM, and the
// work begins again.
#include "hardware/tpm/facts.h"
#include "hardware/tpm/nv.h"
#include "hardware/tpm/object.h"
#include "hardware/tpm/policy_sessions.h"

namespace shosoin::tpm {
namespace {

// Dictionary attack parameters: 32 tries, one back every two hours, a wrong lockout authorisation blocks it for a day.
constexpr UINT32 kMaxTries = 32;
constexpr UINT32 kRecoverySeconds = 7200;
constexpr UINT32 kLockoutRecoverySeconds = 86'400;

Error too_small(std::int64_t outside = 0) {
  return Error{ErrorCode::TpmRefused, "provision the TPM: it is too small (NV space, NV counters or persistent keys)",
               outside};
}

class Provisioning {
 public:
  Provisioning(Context& context, const ServiceAuth& service, const CustodianAuth& custodians, BootGate gate)
      : context_(context),
        service_(service),
        custodians_(custodians),
        sessions_(context, std::move(gate), custodians.signing_key) {}

  Result<void> check_boot_state() {
    TRY(sessions_.for_writing());
    return success();
  }
  Result<Pins> run() {
    if (auto made = make_objects(); !made) {
      if (!is_code(made.error(), TPM2_RC_NV_SPACE)) return made.error();
      TRY(take_back());
      return too_small(made.error().outside());
    }
    TRY(write_first_values());
    TRY(auto pins, read_pins());
    TRY(take_ownership());
    return pins;
  }

 private:
  Result<void> make_objects();
  Result<void> take_back();
  Result<void> write_first_values();
  Result<Pins> read_pins();
  Result<void> take_ownership();
  Result<void> change_auth(ESYS_TR hierarchy, const AuthValue& auth);

  Context& context_;
  const ServiceAuth& service_;
  const CustodianAuth& custodians_;
  PolicySessions sessions_;
  Handle srk_, ak_, counter_, chain_, slot_[2];
  crypto::P256Point ak_point_{};
  SaltedSession salted_;
};

Result<void> Provisioning::make_objects() {
  {
    TRY(auto root, create_storage_root(context_));
    TRY(srk_, make_persistent(context_, root.handle.get(), kSrkHandle));
    // Power cut from here on: our handle exists, so the TPM counts as owned and unfinished.
  }
  TRY(salted_, SaltedSession::start(context_, srk_.get()));
  {
    TRY(auto key, create_attestation_key(context_, salted_, service_.ak));
    const auto& point = key.public_area.publicArea.unique.ecc;
    if (point.x.size != ak_point_.x.size() || point.y.size != ak_point_.y.size()) {
      return Error{ErrorCode::TpmRefused,
                   "provision the TPM: the attestation key has a short coordinate; clear and repeat"};
    }
    std::memcpy(ak_point_.x.data(), point.x.buffer, ak_point_.x.size());
    std::memcpy(ak_point_.y.data(), point.y.buffer, ak_point_.y.size());
    TRY(ak_, make_persistent(context_, key.handle.get(), kAkHandle));
  }
  const Digest write = write_policy(sessions_.names());
  const Digest slot = slot_policy(sessions_.names());
  const auto define = [&](TPM2_HANDLE index, NvKind kind, const Digest& policy) {
    return define_nv(context_, salted_, {.index = index, .kind = kind, .policy = policy}, service_.nv);
  };
  TRY(counter_, define(kCounterIndex, NvKind::Counter, write));
  TRY(chain_, define(kChainIndex, NvKind::Chain, write));
  for (const unsigned parity : {0u, 1u}) {
    TRY(slot_[parity], define(kSlotIndex[parity], NvKind::Slot, slot));
  }
  return success();
}

// Only after NV_SPACE, while the owner's authorisation is still empty: leaves the TPM as it was found.
Result<void> Provisioning::take_back() {
  salted_.end();
  for (Handle* index : {&slot_[1], &slot_[0], &chain_, &counter_}) {
    if (index->get() != ESYS_TR_NONE) {
      TRY(undefine_nv(context_, std::move(*index)));
    }
  }
  if (ak_.get() != ESYS_TR_NONE) {
    TRY(make_transient_again(context_, std::move(ak_), kAkHandle));
  }
  if (srk_.get() != ESYS_TR_NONE) {
    TRY(make_transient_again(context_, std::move(srk_), kSrkHandle));
  }
  return success();
}

Result<void> Provisioning::write_first_values() {
  TRY(retry_when_pcrs_change([&]() -> Result<void> {
    TRY(auto session, sessions_.for_writing());
    return increment_nv(context_, {.index = counter_.get(), .authorising = session.get()});
  }));
  // The first link is random and forgotten: even the owner, who may undefine the index and define it again, cannot
  // replay the chain to an old value (lab, attack 4). It travels encrypted.
  using FirstLink = Secret<struct FirstLinkMeaning, 32>;
  TRY(FirstLink::random().expose([&](auto link) {
    return retry_when_pcrs_change([&]() -> Result<void> {
      TRY(auto session, sessions_.for_writing());
      TRY(auto io, salted_.armed());
      return extend_nv(context_, {.index = chain_.get(), .authorising = session.get(), .encrypting = io}, link);
    });
  }));
  for (const auto& slot : slot_) {
    TRY(RootHalfSlot::random().expose([&](auto value) {
      return retry_when_pcrs_change([&]() -> Result<void> {
        TRY(auto session, sessions_.for_slot());
        TRY(auto io, salted_.armed());
        return write_nv(context_, {.index = slot.get(), .authorising = session.get(), .encrypting = io}, value);
      });
    }));
  }
  return success();
}

Result<Pins> Provisioning::read_pins() {
  Pins pins;
  TRY(pins.srk_name, srk_.name());
  TRY(pins.ak_name, ak_.name());
  TRY(pins.ctr_name, counter_.name());  // with WRITTEN set, as ESYS follows it
  TRY(pins.chain_name, chain_.name());
  for (const unsigned parity : {0u, 1u}) {
    TRY(pins.slot_name[parity], slot_[parity].name());
  }
  pins.ak_point = ak_point_;
  pins.custodian_key = custodians_.signing_key;
  std::array<std::uint8_t, kCounterSize> count{};
  {
    TRY(auto io, salted_.armed());
    TRY(read_nv(context_, {.index = counter_.get(), .authorising = io}, count));
  }
  pins.ctr_base = from_be<std::uint64_t>(count);
  TRY(auto io, salted_.armed());
  TRY(read_nv(context_, {.index = chain_.get(), .authorising = io}, pins.x_init));
  return pins;
}

Result<void> Provisioning::change_auth(ESYS_TR hierarchy, const AuthValue& auth) {
  TRY(auth.expose([&](auto bytes) -> Result<void> {
    WipedBuffer<TPM2B_AUTH> value{ByteView(bytes)};
    TRY(auto io, salted_.armed());
    return call("set a hierarchy's authorisation", [&] {
      return Esys_HierarchyChangeAuth(context_.esys(), hierarchy, io, ESYS_TR_NONE, ESYS_TR_NONE, value.get());
    });
  }));
  return context_.set_auth(hierarchy, auth);
}

Result<void> Provisioning::take_ownership() {
  TRY(change_auth(ESYS_TR_RH_OWNER, custodians_.owner));
  TRY(change_auth(ESYS_TR_RH_ENDORSEMENT, custodians_.endorsement));
  TRY(change_auth(ESYS_TR_RH_LOCKOUT, custodians_.lockout));
  {
    TRY(auto io, salted_.armed());
    TRY(call("set the dictionary attack parameters", [&] {
      return Esys_DictionaryAttackParameters(context_.esys(), ESYS_TR_RH_LOCKOUT, io, ESYS_TR_NONE, ESYS_TR_NONE,
                                             kMaxTries, kRecoverySeconds, kLockoutRecoverySeconds);
    }));
  }
  TRY(auto io, salted_.armed());
  // Last: from here on the provisioning is complete (facts.cpp reads it so).
  return call("disable TPM2_Clear", [&] {
    return Esys_ClearControl(context_.esys(), ESYS_TR_RH_LOCKOUT, io, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_YES);
  });
}

Result<void> check_room(Context& context, const TpmFacts& facts) {
  // NV_COUNTERS_AVAIL speaks of orderly counters, which we do not use; MAX and the attempt itself decide. 0 means no
  // fixed limit.
  TRY(auto most, context.property(TPM2_PT_NV_COUNTERS_MAX));
  TRY(auto defined, context.property(TPM2_PT_NV_COUNTERS));
  if (facts.nv_index_max < kSlotSize || (most != 0 && defined >= most)) return too_small();
  return success();
}

}  // namespace

Result<Pins> Anchor::provision(const std::string& tcti, const ServiceAuth& service, const CustodianAuth& custodians,
                               const BootTrust& boot) {
  TRY(auto context, Context::take(tcti));
  TRY(context->self_test());
  TRY(auto facts, read_facts(*context));
  if (facts.unfinished) {
    return Error{
        ErrorCode::Conflict,
        "provision the TPM: an earlier provisioning was cut off; clear the TPM in the firmware set-up and repeat"};
  }
  if (facts.owned)
    return Error{ErrorCode::Conflict, "provision the TPM: it already has an owner or carries an appliance"};
  TRY(check_room(*context, facts));
  TRY(auto gate, BootGate::open(*context, boot, kBootReference));
  Provisioning provisioning(*context, service, custodians, std::move(gate));
  TRY(provisioning.check_boot_state());  // before anything durable: a boot nobody approved must not leave traces
  return provisioning.run();
}

}  // namespace shosoin::tpm
