// K0 and K1, the chain, the counter, PCR 13, the clock; and what may be seen on the bus.
#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "tests/support/bus_probe.h"
#include "tests/support/test_appliance.h"

namespace shosoin::tpm {
namespace {

using test::TestAppliance;

constexpr Digest kManifest = {0x42};

Bytes bytes_of(const RootHalfSlot& slot) {
  return slot.expose([](auto bytes) { return copy_of(bytes); });
}

TEST(Slot, HoldsWhatWasWrittenAndTheOtherOneIsUntouched) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  const Bytes other = bytes_of(anchor->read_slot(1).value());
  auto value = RootHalfSlot::random();
  ASSERT_TRUE(anchor->write_slot(0, value));
  EXPECT_EQ(bytes_of(anchor->read_slot(0).value()), bytes_of(value));
  EXPECT_EQ(bytes_of(anchor->read_slot(1).value()), other);
}
TEST(Slot, SurvivesAPowerCutOfTheMachine) {
  TestAppliance appliance;
  auto value = RootHalfSlot::random();
  ASSERT_TRUE(appliance.open()->write_slot(1, value));
  appliance.tpm.reboot();
  EXPECT_EQ(bytes_of(appliance.open()->read_slot(1).value()), bytes_of(value));
}
TEST(Slot, HoldsThePublicValueAfterItWasOverwritten) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  ASSERT_TRUE(anchor->write_slot(0, RootHalfSlot::random()));
  const Digest shredded = crypto::sha256(kManifest);
  ASSERT_TRUE(anchor->overwrite_slot(0, shredded));
  ASSERT_TRUE(anchor->overwrite_slot(0, shredded));  // again: the same
  EXPECT_EQ(bytes_of(anchor->read_slot(0).value()), copy_of(shredded));
}
TEST(Slot, IsNotReadableWithoutTheAuthorisationValue) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  anchor.reset();
  auto service = test::duplicate(appliance.service);
  service.nv = AuthValue::random();
  EXPECT_FALSE(Anchor::open(appliance.tpm.tcti(), appliance.pins, std::move(service), appliance.boot));
}

TEST(Chain, ExtendsByTheFormulaOfTheDesign) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  const Digest before = anchor->read_chain().value();
  ASSERT_TRUE(anchor->extend_chain(kManifest));
  EXPECT_EQ(anchor->read_chain().value(), crypto::sha256({before, kManifest}));
}
TEST(Counter, GoesUpByExactlyOneAlsoOverPowerCuts) {
  TestAppliance appliance;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(appliance.open()->increment_counter());
    appliance.tpm.reboot();
    EXPECT_EQ(appliance.open()->read_counter().value(), appliance.pins.ctr_base + i);
  }
}
TEST(Clock, RunsForwardWithinABootAndCountsReboots) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  auto first = anchor->read_clock().value();
  auto second = anchor->read_clock().value();
  EXPECT_GE(second.milliseconds, first.milliseconds);
  EXPECT_EQ(second.reset_count, first.reset_count);
  anchor.reset();
  appliance.tpm.reboot();
  EXPECT_EQ(appliance.open()->read_clock().value().reset_count, first.reset_count + 1);
}

TEST(Bus, CarriesNoSecretInClear) {
  TestAppliance appliance;
  test::BusProbe probe(appliance.tpm);
  auto anchor = appliance.open_at(probe.tcti());
  auto root = RootHalfSealed::random();
  auto slot = RootHalfSlot::random();
  auto tenant = TenantSealKey::random();
  auto auth = AuthValue::random();
  const Digest now = anchor->read_chain().value();
  const RootTerms terms{.x_current = now, .x_previous = now, .ctr_bound = anchor->read_counter().value()};
  auto blob = anchor->seal_root(root, terms).value();
  ASSERT_TRUE(anchor->unseal_root(blob, terms));
  ASSERT_TRUE(anchor->write_slot(0, slot));
  ASSERT_TRUE(anchor->read_slot(0));
  auto tenant_blob = anchor->seal_tenant(tenant, auth).value();
  ASSERT_TRUE(anchor->unseal_tenant(tenant_blob, auth));
  const auto unseen = [&](const auto& secret) {
    return secret.expose([&](auto bytes) { return !probe.saw(bytes) && !probe.saw(ByteView(bytes).first(16)); });
  };
  EXPECT_TRUE(unseen(root));
  EXPECT_TRUE(unseen(slot));
  EXPECT_TRUE(unseen(tenant));
  EXPECT_TRUE(unseen(auth));
  EXPECT_TRUE(unseen(appliance.service.nv));
  EXPECT_TRUE(unseen(appliance.service.root));
  EXPECT_TRUE(unseen(appliance.service.ak));
  // The probe does see: the public name of the chain's index is on the bus, and so is a quoted digest.
  EXPECT_TRUE(probe.saw(appliance.pins.chain_name));
  const Digest marker = {0xD1, 0xD2, 0xD3, 0xD4};
  ASSERT_TRUE(anchor->extend_pcr13(marker));
  EXPECT_TRUE(probe.saw(marker));
}
TEST(Bus, CarriesNoSecretInClearAfterARefusedCommandEither) {
  TestAppliance appliance;
  test::BusProbe probe(appliance.tpm);
  auto anchor = appliance.open_at(probe.tcti());
  auto root = RootHalfSealed::random();
  auto tenant = TenantSealKey::random();
  auto auth = AuthValue::random();
  const Digest now = anchor->read_chain().value();
  const RootTerms dead{.x_current = Digest{1}, .x_previous = Digest{2}, .ctr_bound = 1};
  auto dead_blob = anchor->seal_root(root, dead).value();
  auto tenant_blob = anchor->seal_tenant(tenant, auth).value();
  ASSERT_FALSE(anchor->unseal_root(dead_blob, dead));
  ASSERT_TRUE(anchor->unseal_tenant(tenant_blob, auth));
  ASSERT_FALSE(anchor->unseal_tenant(tenant_blob, AuthValue::random()));
  ASSERT_TRUE(anchor->unseal_tenant(tenant_blob, auth));
  EXPECT_TRUE(tenant.expose([&](auto bytes) { return !probe.saw(bytes); }));
  EXPECT_EQ(anchor->read_chain().value(), now);
}
TEST(Bus, CarriesNoSecretOfProvisioningInClear) {
  test::Swtpm tpm;
  const std::string pem = test::make_p256_pem();
  const auto boot = test::approve_present_boot(tpm.tcti(), pem);
  test::BusProbe probe(tpm);
  const auto service = make_service_auth();
  const CustodianAuth custodians{AuthValue::random(), AuthValue::random(), AuthValue::random(),
                                 crypto::p256_public_from_pem(pem).value()};
  auto pins = Anchor::provision(probe.tcti(), service, custodians, boot).value();
  auto anchor = Anchor::open(probe.tcti(), pins, test::duplicate(service), boot).value();
  const Bytes first_slot = bytes_of(anchor->read_slot(0).value());
  for (const auto* secret :
       {&service.nv, &service.ak, &custodians.owner, &custodians.endorsement, &custodians.lockout}) {
    EXPECT_TRUE(secret->expose([&](auto bytes) { return !probe.saw(bytes); }));
  }
  EXPECT_FALSE(probe.saw(first_slot));
}

}  // namespace
}  // namespace shosoin::tpm
