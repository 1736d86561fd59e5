#include "hardware/tpm/anchor_impl.h"

#include "hardware/tpm/facts.h"

namespace shosoin::tpm {
namespace {

// A missing object is another TPM too: a cleared one.
Result<Handle> open_pinned(Context& context, TPM2_HANDLE handle, const Bytes& pinned, Literal doing) {
  auto opened = Handle::open(context, handle);
  if (!opened) {
    if (is_code(opened.error(), TPM2_RC_HANDLE)) return Error{ErrorCode::ForeignTpm, doing, opened.error().outside()};
    return opened.error();
  }
  TRY(auto name, opened.value().name());
  if (!equal(name, pinned)) return Error{ErrorCode::ForeignTpm, doing};
  return opened;
}

// session: () -> Result<Handle>, built again when PCRs change
template <class Key, class MakeSession>
Result<Key> unseal_key(Context& context, const Handle& object, const SaltedSession& salted, MakeSession&& session) {
  Result<void> outcome = success();
  Key key = Key::made_by([&](std::span<std::uint8_t, 32> out) {
    outcome = retry_when_pcrs_change([&]() -> Result<void> {
      TRY(auto policy, session());
      return unseal(context, object.get(), policy.get(), salted, out);
    });
  });
  if (!outcome) return outcome.error();
  return Result<Key>(std::move(key));
}

}  // namespace

Result<std::unique_ptr<Anchor>> Anchor::open(const std::string& tcti, const Pins& pins, ServiceAuth service,
                                             BootTrust boot) {
  TRY(auto context, Context::take(tcti));
  TRY(auto facts, read_facts(*context));
  TRY(auto srk, open_pinned(*context, kSrkHandle, pins.srk_name,
                            "compare the Name of the SRK with its pin: another TPM, or an interposer on the bus"));
  TRY(auto ak, open_pinned(*context, kAkHandle, pins.ak_name,
                           "compare the Name of the AK with its pin: another TPM, or an interposer on the bus"));
  TRY(auto counter, open_pinned(*context, kCounterIndex, pins.ctr_name,
                                "compare the Name of CTR with its pin: another TPM, or the counter was redefined"));
  TRY(auto chain, open_pinned(*context, kChainIndex, pins.chain_name,
                              "compare the Name of CHAIN with its pin: another TPM, or the chain was redefined"));
  TRY(auto slot0, open_pinned(*context, kSlotIndex[0], pins.slot_name[0],
                              "compare the Name of K0 with its pin: another TPM, or the slot was redefined"));
  TRY(auto slot1, open_pinned(*context, kSlotIndex[1], pins.slot_name[1],
                              "compare the Name of K1 with its pin: another TPM, or the slot was redefined"));
  TRY(context->set_auth(ak.get(), service.ak));
  for (const auto* index : {&counter, &chain, &slot0, &slot1}) {
    TRY(context->set_auth(index->get(), service.nv));
  }
  TRY(auto gate, BootGate::open(*context, std::move(boot), kBootReference));
  PolicySessions sessions(*context, std::move(gate), pins.custodian_key);
  sessions.set_index_names(pins.chain_name, pins.ctr_name);
  TRY(auto salted, SaltedSession::start(*context, srk.get()));
  auto anchor = std::make_unique<AnchorImpl>(AnchorImpl::Parts{.context = std::move(context),
                                                               .facts = std::move(facts),
                                                               .service = std::move(service),
                                                               .sessions = std::move(sessions),
                                                               .srk = std::move(srk),
                                                               .ak = std::move(ak),
                                                               .counter = std::move(counter),
                                                               .chain = std::move(chain),
                                                               .slot = {std::move(slot0), std::move(slot1)},
                                                               .salted = std::move(salted)});
  // The first answer under the salted session proves that the other side holds the SRK's private half: public areas can
  // be copied.
  TRY(anchor->read_counter());
  return std::unique_ptr<Anchor>(std::move(anchor));
}

Result<Digest> AnchorImpl::read_chain() {
  Digest link{};
  TRY(auto io, parts_.salted.armed());
  TRY(read_nv(context(), {.index = parts_.chain.get(), .authorising = io}, link));
  return link;
}
Result<std::uint64_t> AnchorImpl::read_counter() {
  std::array<std::uint8_t, kCounterSize> count{};
  TRY(auto io, parts_.salted.armed());
  TRY(read_nv(context(), {.index = parts_.counter.get(), .authorising = io}, count));
  return from_be<std::uint64_t>(count);
}

Result<SealedBlob> AnchorImpl::seal_root(const RootHalfSealed& secret, const RootTerms& terms) {
  return secret.expose([&](auto bytes) {
    return seal(context(), parts_.srk.get(), parts_.salted,
                {.policy = root_policy(parts_.sessions.names(), terms), .secret = bytes, .auth = parts_.service.root});
  });
}
Result<RootHalfSealed> AnchorImpl::unseal_root(const SealedBlob& blob, const RootTerms& terms) {
  TRY(auto link, read_chain());
  TRY(auto object,
      load_sealed(context(), parts_.srk.get(), parts_.salted, blob, root_policy(parts_.sessions.names(), terms)));
  TRY(context().set_auth(object.get(), parts_.service.root));
  return unseal_key<RootHalfSealed>(context(), object, parts_.salted, [&] {
    return parts_.sessions.for_root({.terms = terms,
                                     .chain_is_current = link == terms.x_current,
                                     .chain = parts_.chain.get(),
                                     .counter = parts_.counter.get(),
                                     .salted = parts_.salted});
  });
}

Result<void> AnchorImpl::read_slot_into(unsigned parity, std::span<std::uint8_t, 32> out) {
  ENSURE(parity < 2);
  return retry_when_pcrs_change([&]() -> Result<void> {
    TRY(auto session, parts_.sessions.for_slot());
    TRY(auto io, parts_.salted.armed());
    return read_nv(context(), {.index = parts_.slot[parity].get(), .authorising = session.get(), .encrypting = io},
                   out);
  });
}
Result<void> AnchorImpl::write_and_compare(unsigned parity, ByteView value) {
  ENSURE(parity < 2);
  TRY(retry_when_pcrs_change([&]() -> Result<void> {
    TRY(auto session, parts_.sessions.for_slot());
    TRY(auto io, parts_.salted.armed());
    return write_nv(context(), {.index = parts_.slot[parity].get(), .authorising = session.get(), .encrypting = io},
                    value);
  }));
  TRY(auto found, read_slot(parity));
  const bool same = found.expose([&](auto bytes) { return memory::constant_time_equal(bytes, value); });
  if (!same) return Error{ErrorCode::TpmRefused, "read a slot back: it holds something else than was written"};
  return success();
}
Result<RootHalfSlot> AnchorImpl::read_slot(unsigned parity) {
  Result<void> outcome = success();
  auto value = RootHalfSlot::made_by([&](std::span<std::uint8_t, 32> out) { outcome = read_slot_into(parity, out); });
  if (!outcome) return outcome.error();
  return Result<RootHalfSlot>(std::move(value));
}
Result<void> AnchorImpl::write_slot(unsigned parity, const RootHalfSlot& value) {
  return value.expose([&](auto bytes) { return write_and_compare(parity, bytes); });
}
Result<void> AnchorImpl::overwrite_slot(unsigned parity, const Digest& public_value) {
  return write_and_compare(parity, public_value);
}

// A refusal (PCR_CHANGED) means that nothing was extended: only then is it sent again. After a transport error the
// caller reads CHAIN or CTR before anything else.
Result<void> AnchorImpl::extend_chain(const Digest& manifest_digest) {
  return retry_when_pcrs_change([&]() -> Result<void> {
    TRY(auto session, parts_.sessions.for_writing());
    return extend_nv(context(), {.index = parts_.chain.get(), .authorising = session.get()}, manifest_digest);
  });
}
Result<void> AnchorImpl::increment_counter() {
  return retry_when_pcrs_change([&]() -> Result<void> {
    TRY(auto session, parts_.sessions.for_writing());
    return increment_nv(context(), {.index = parts_.counter.get(), .authorising = session.get()});
  });
}
Result<void> AnchorImpl::extend_pcr13(const Digest& manifest_digest) {
  TPML_DIGEST_VALUES values{};
  values.count = 1;
  values.digests[0].hashAlg = TPM2_ALG_SHA256;
  std::memcpy(values.digests[0].digest.sha256, manifest_digest.data(), manifest_digest.size());
  return call("extend PCR 13", [&] {
    return Esys_PCR_Extend(context().esys(), ESYS_TR_PCR13, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values);
  });
}

Result<SealedBlob> AnchorImpl::seal_tenant(const TenantSealKey& key, const AuthValue& auth) {
  return key.expose([&](auto bytes) {
    return seal(context(), parts_.srk.get(), parts_.salted,
                {.policy = tenant_policy(parts_.sessions.names()), .secret = bytes, .auth = auth});
  });
}
Result<TenantSealKey> AnchorImpl::unseal_tenant(const SealedBlob& blob, const AuthValue& auth) {
  TRY(auto object,
      load_sealed(context(), parts_.srk.get(), parts_.salted, blob, tenant_policy(parts_.sessions.names())));
  TRY(context().set_auth(object.get(), auth));
  return unseal_key<TenantSealKey>(context(), object, parts_.salted, [&] { return parts_.sessions.for_writing(); });
}

}  // namespace shosoin::tpm
