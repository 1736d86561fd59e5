// Evidence of an epoch as an auditor sees it: made by a TPM, checked without one.
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "hardware/tpm/attestation.h"
#include "tests/support/test_appliance.h"

namespace shosoin::tpm {
namespace {

using test::TestAppliance;

struct Epoch {
  EpochEvidence evidence;
  EpochClaim claim;
};
// Steps 5 to 8 of a batch that ends epoch `number - 1`.
Epoch run_epoch(Anchor& anchor, std::uint64_t number) {
  const Digest manifest = crypto::sha256(be(number));
  const Digest shred = crypto::sha256({view_of("shred"), manifest});
  const unsigned old_slot = (number - 1) & 1;
  Epoch epoch;
  epoch.claim = {.epoch = number,
                 .x_previous = anchor.read_chain().value(),
                 .x_current = {},
                 .manifest_digest = manifest,
                 .shred_value = shred};
  EXPECT_TRUE(anchor.extend_chain(manifest));
  EXPECT_TRUE(anchor.extend_pcr13(manifest));
  EXPECT_TRUE(anchor.overwrite_slot(old_slot, shred));
  EXPECT_TRUE(anchor.increment_counter());
  epoch.claim.x_current = anchor.read_chain().value();
  epoch.evidence = anchor.certify(old_slot, manifest).value();
  return epoch;
}
class Evidence : public testing::Test {
 protected:
  EvidenceFault fault() const { return check_epoch_evidence(epoch.evidence, epoch.claim, appliance.pins); }
  TestAppliance appliance;
  std::unique_ptr<Anchor> anchor = appliance.open();
  Epoch epoch = run_epoch(*anchor, 1);
};

TEST_F(Evidence, OfAnHonestEpochHasNoFault) {
  EXPECT_EQ(fault(), EvidenceFault::None);
  epoch = run_epoch(*anchor, 2);
  EXPECT_EQ(fault(), EvidenceFault::None);
}
TEST_F(Evidence, MadeAgainAfterARebootIsAsGood) {
  anchor.reset();
  appliance.tpm.reboot();
  anchor = appliance.open();
  epoch.evidence = anchor->certify(0, epoch.claim.manifest_digest).value();
  EXPECT_EQ(fault(), EvidenceFault::None);
}
TEST_F(Evidence, WithABrokenSignatureNamesTheStatement) {
  const auto good = epoch.evidence;
  epoch.evidence.chain.signature.back() ^= 1;
  EXPECT_EQ(fault(), EvidenceFault::ChainSignature);
  epoch.evidence = good;
  epoch.evidence.counter.statement.back() ^= 1;
  EXPECT_EQ(fault(), EvidenceFault::CounterSignature);
  epoch.evidence = good;
  epoch.evidence.slot.signature.clear();
  EXPECT_EQ(fault(), EvidenceFault::SlotSignature);
}
TEST_F(Evidence, OfAnotherAppliancesKeyIsNotSignedByThisOne) {
  TestAppliance other;
  auto theirs = other.open();
  epoch.evidence = theirs->certify(0, epoch.claim.manifest_digest).value();
  EXPECT_EQ(fault(), EvidenceFault::ChainSignature);
}
TEST_F(Evidence, ThatIsAQuoteIsNoNvStatement) {
  const Bytes quote = anchor->quote(epoch.claim.manifest_digest).value();
  Reader in(quote);
  epoch.evidence.slot.statement = copy_of(in.blob16(2048));
  epoch.evidence.slot.signature = copy_of(in.raw(in.left()));
  EXPECT_EQ(fault(), EvidenceFault::NotAnNvStatement);
}
TEST_F(Evidence, AboutTheOtherSlotOrSwappedIndicesIsOfAWrongIndex) {
  epoch.evidence.slot = anchor->certify(1, epoch.claim.manifest_digest).value().slot;
  EXPECT_EQ(fault(), EvidenceFault::WrongIndex);
  epoch.evidence.slot = epoch.evidence.chain;
  EXPECT_EQ(fault(), EvidenceFault::WrongIndex);
}
TEST_F(Evidence, MadeForAnotherManifestIsNotThisOnes) {
  auto replayed = epoch.evidence.counter;
  epoch = run_epoch(*anchor, 2);
  epoch.evidence.counter = replayed;
  EXPECT_EQ(fault(), EvidenceFault::WrongManifest);
}
TEST_F(Evidence, OfAChainThatDoesNotStandAtThisLinkIsRefused) {
  const auto good = epoch.claim;
  epoch.claim.x_previous[0] ^= 1;
  EXPECT_EQ(fault(), EvidenceFault::ChainValue);
  epoch.claim = good;
  epoch.claim.x_current[31] ^= 1;
  EXPECT_EQ(fault(), EvidenceFault::ChainValue);
  epoch.claim = good;
  ASSERT_TRUE(anchor->extend_chain(Digest{1}));  // the TPM has moved on; the claim is consistent in itself
  epoch.evidence = anchor->certify(0, good.manifest_digest).value();
  EXPECT_EQ(fault(), EvidenceFault::ChainValue);
}
TEST_F(Evidence, OfACounterThatHasNotReachedTheEpochIsRefused) {
  epoch.claim.epoch = 3;  // the same slot parity
  EXPECT_EQ(fault(), EvidenceFault::CounterBehind);
  epoch.claim.epoch = UINT64_MAX;
  EXPECT_EQ(fault(), EvidenceFault::CounterBehind);
}
TEST_F(Evidence, OfASlotThatHoldsSomethingElseIsRefused) {
  ASSERT_TRUE(anchor->write_slot(0, RootHalfSlot::random()));
  epoch.evidence = anchor->certify(0, epoch.claim.manifest_digest).value();
  EXPECT_EQ(fault(), EvidenceFault::SlotNotShredded);
}
TEST_F(Evidence, CollectedOverAPowerCutIsOfDifferentBoots) {
  anchor.reset();
  appliance.tpm.reboot();
  anchor = appliance.open();
  epoch.evidence.slot = anchor->certify(0, epoch.claim.manifest_digest).value().slot;
  EXPECT_EQ(fault(), EvidenceFault::DifferentBoots);
}

TEST_F(Evidence, StatementIsReadCompletelyOrNotAtAll) {
  const Bytes& statement = epoch.evidence.chain.statement;
  const auto parsed = parse_nv_statement(statement).value();
  EXPECT_EQ(parsed.nv_name, appliance.pins.chain_name);
  EXPECT_EQ(parsed.qualifying, copy_of(epoch.claim.manifest_digest));
  EXPECT_EQ(parsed.contents, copy_of(epoch.claim.x_current));
  EXPECT_GE(parsed.reset_count, 1u);
  for (std::size_t size = 0; size < statement.size(); ++size) {
    EXPECT_FALSE(parse_nv_statement(ByteView(statement).first(size))) << size;
  }
  Bytes longer = statement;
  longer.push_back(0);
  EXPECT_FALSE(parse_nv_statement(longer));
  EXPECT_FALSE(parse_nv_statement(Bytes(1u << 16)));
}
// The bytes of TPM 2.0 Part 2, 10.12.12, written by hand.
Bytes handmade_statement(std::uint16_t type, std::uint16_t offset, std::uint8_t safe) {
  Writer out;
  out.u32(0xFF544347).u16(type).blob16(Bytes(34, 0xAA)).blob16(Bytes(32, 0xBB));
  out.u64(123'456).u32(7).u32(2).u8(safe).u64(0x20190911);
  out.blob16(Bytes(34, 0xCC)).u16(offset).blob16(Bytes{1, 2, 3, 4, 5, 6, 7, 8});
  return out.take();
}
TEST(NvStatement, IsReadFieldByField) {
  const auto parsed = parse_nv_statement(handmade_statement(0x8014, 0, 1)).value();
  EXPECT_EQ(parsed.signer, Bytes(34, 0xAA));
  EXPECT_EQ(parsed.qualifying, Bytes(32, 0xBB));
  EXPECT_EQ(parsed.clock, 123'456u);
  EXPECT_EQ(parsed.reset_count, 7u);
  EXPECT_EQ(parsed.restart_count, 2u);
  EXPECT_TRUE(parsed.safe);
  EXPECT_EQ(parsed.nv_name, Bytes(34, 0xCC));
  EXPECT_EQ(parsed.contents, (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
}
TEST(NvStatement, OfAnotherTypeWithAnOffsetOrAnImpossibleFlagIsRefused) {
  EXPECT_FALSE(parse_nv_statement(handmade_statement(0x8018, 0, 1)));
  EXPECT_FALSE(parse_nv_statement(handmade_statement(0x8014, 1, 1)));
  EXPECT_FALSE(parse_nv_statement(handmade_statement(0x8014, 0, 2)));
  auto not_generated = handmade_statement(0x8014, 0, 1);
  not_generated[0] = 0;
  EXPECT_FALSE(parse_nv_statement(not_generated));
}

TEST_F(Evidence, QuoteVerifiesForItsDigestAndKeyOnly) {
  const Digest checkpoint = crypto::sha256(view_of("checkpoint"));
  const Bytes quote = anchor->quote(checkpoint).value();
  const auto statement = verify_quote(quote, appliance.pins.ak_point, checkpoint).value();
  // One SHA-256 bank with PCR 7, 11 and 13.
  EXPECT_EQ(statement.selection, (Bytes{0, 0, 0, 1, 0, 0x0B, 3, 0x80, 0x28, 0}));
  EXPECT_FALSE(verify_quote(quote, appliance.pins.ak_point, Digest{}));
  EXPECT_FALSE(verify_quote(quote, appliance.pins.custodian_key, checkpoint));
  for (std::size_t size = 0; size < quote.size(); ++size) {
    EXPECT_FALSE(verify_quote(ByteView(quote).first(size), appliance.pins.ak_point, checkpoint)) << size;
  }
  const auto& nv = epoch.evidence.chain;  // signed by the same key, but no quote
  const Bytes other = Writer().blob16(nv.statement).raw(nv.signature).take();
  EXPECT_FALSE(verify_quote(other, appliance.pins.ak_point, epoch.claim.manifest_digest));
}

}  // namespace
}  // namespace shosoin::tpm
