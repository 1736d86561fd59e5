// Provisioning and opening: a TPM is taken once, completely or recognisably not, and opened only if it is the pinned
// one.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "firmware/base/power.h"
#include "hardware/tpm/boot_approval.h"
#include "tests/support/test_appliance.h"
#include "tests/support/tpm_frames.h"

namespace shosoin::tpm {
namespace {

using test::Swtpm;
using test::TestAppliance;

struct Owner {  // all that provision() takes, for a TPM that is not provisioned yet
  template <class SoftwareTpm>
  explicit Owner(SoftwareTpm& tpm) : boot(test::approve_present_boot(tpm.tcti(), pem)) {}
  Result<Pins> provision(Swtpm& tpm) const { return Anchor::provision(tpm.tcti(), service, custodians, boot); }
  std::string pem = test::make_p256_pem();
  ServiceAuth service = make_service_auth();
  CustodianAuth custodians{AuthValue::random(), AuthValue::random(), AuthValue::random(),
                           crypto::p256_public_from_pem(test::make_p256_pem()).value()};
  BootTrust boot;
};

TEST(Examine, TellsASoftwareTpmThatNobodyOwns) {
  Swtpm tpm;
  auto facts = Anchor::examine(tpm.tcti()).value();
  EXPECT_EQ(facts.manufacturer, "IBM");
  EXPECT_TRUE(facts.software);
  EXPECT_FALSE(facts.owned);
  EXPECT_FALSE(facts.unfinished);
  EXPECT_GE(facts.nv_index_max, 32u);
  EXPECT_GE(facts.sessions_free, 3u);
}
TEST(Examine, TellsAFinishedProvisioning) {
  TestAppliance appliance;
  auto facts = Anchor::examine(appliance.tpm.tcti()).value();
  EXPECT_TRUE(facts.owned);
  EXPECT_FALSE(facts.unfinished);
}

TEST(Provision, LeavesTheChainAtItsFirstLinkTheCounterAtItsBaseAndRandomSlots) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  EXPECT_EQ(anchor->read_chain().value(), appliance.pins.x_init);
  EXPECT_EQ(anchor->read_counter().value(), appliance.pins.ctr_base);
  EXPECT_NE(appliance.pins.x_init, Digest{});
  const auto differ = anchor->read_slot(0).value().expose([&](auto zero) {
    return anchor->read_slot(1).value().expose([&](auto one) { return !memory::constant_time_equal(zero, one); });
  });
  EXPECT_TRUE(differ);
}
TEST(Provision, BeginsEveryChainWithAnotherRandomLink) {
  TestAppliance one;
  TestAppliance two;
  EXPECT_NE(one.pins.x_init, two.pins.x_init);
  EXPECT_NE(one.pins.srk_name, two.pins.srk_name);
}
TEST(Provision, IsRefusedTheSecondTimeAndChangesNothing) {
  TestAppliance appliance;
  auto refused = Anchor::provision(appliance.tpm.tcti(), appliance.service, appliance.custodians, appliance.boot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
  EXPECT_EQ(appliance.open()->read_chain().value(), appliance.pins.x_init);
}
TEST(Provision, IsRefusedInABootThatNobodyApprovedAndLeavesNoTrace) {
  Swtpm tpm;
  Owner owner(tpm);
  tpm.extend_pcr(7, Digest{9});
  auto refused = owner.provision(tpm);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TpmRefused);
  EXPECT_FALSE(Anchor::examine(tpm.tcti()).value().owned);
}
TEST(Provision, IsRefusedWithAnApprovalOfNoPcrOrOfPcr13) {
  Swtpm tpm;
  Owner owner(tpm);
  for (const auto& pcrs : {std::vector<unsigned>{}, {7, 13}, {16}, {11, 7}}) {
    owner.boot.approvals[0].pcrs = pcrs;
    auto refused = owner.provision(tpm);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::InvalidContent);
  }
  EXPECT_FALSE(Anchor::examine(tpm.tcti()).value().owned);
}
TEST(Provision, IsRefusedByATpmThatIsTooSmallAndLeavesItAsItWas) {
  Swtpm tpm;
  Owner owner(tpm);
  // Others have filled the NV memory; the last few hundred bytes hold some of our objects but not all of them.
  std::uint32_t index = 0x01400000;
  for (const std::uint16_t size : {std::uint16_t{2048}, std::uint16_t{256}}) {
    while (test::run_command(tpm.descriptor(), test::define_owner_space_command(index, size)) == 0) ++index;
  }
  auto refused = owner.provision(tpm);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TpmRefused);
  EXPECT_NE(refused.error().doing().find("too small"), std::string_view::npos) << refused.error().doing();
  auto facts = Anchor::examine(tpm.tcti()).value();
  EXPECT_FALSE(facts.owned);
  EXPECT_FALSE(facts.unfinished);
}

int commands_until_the_cut = 0;
power::Cut cut_kind = power::Cut::Before;
power::Cut count_down(std::string_view step) noexcept {
  if (!step.starts_with("tpm:")) return power::Cut::None;
  return commands_until_the_cut-- == 0 ? cut_kind : power::Cut::None;
}
// 1: the TPM is as before or counts as unfinished, 0: the provisioning came to its end.
void cut_provisioning(int at, power::Cut kind, bool& reached_the_end) {
  Swtpm tpm;
  Owner owner(tpm);
  commands_until_the_cut = at;
  cut_kind = kind;
  power::set_plug(count_down);
  auto pins = owner.provision(tpm);
  power::set_plug(nullptr);
  power::power_on();
  tpm.reboot();
  auto facts = Anchor::examine(tpm.tcti()).value();
  reached_the_end = static_cast<bool>(pins);
  if (reached_the_end) {
    EXPECT_TRUE(facts.owned && !facts.unfinished) << at;
    return;
  }
  EXPECT_EQ(pins.error().code(), ErrorCode::TpmUnreachable) << at << ' ' << pins.error().doing();
  if (!facts.owned) {
    EXPECT_FALSE(facts.unfinished) << at;
    EXPECT_TRUE(owner.provision(tpm)) << at;  // nothing had happened: it simply works now
    return;
  }
  auto again = owner.provision(tpm);
  ASSERT_FALSE(again) << at;
  EXPECT_EQ(again.error().code(), ErrorCode::Conflict) << at;
  const bool says_cut_off = again.error().doing().find("cut off") != std::string_view::npos;
  // Only a lost answer to the very last command can leave a finished TPM whose pins nobody got.
  EXPECT_EQ(says_cut_off, facts.unfinished) << at;
}
TEST(Provision, CutOffAtAnyCommandIsRecognisedByTheNextAttempt) {
  for (const auto kind : {power::Cut::Before, power::Cut::After}) {
    bool reached_the_end = false;
    int at = 0;
    for (; !reached_the_end && at < 400; at += 3) cut_provisioning(at, kind, reached_the_end);
    EXPECT_TRUE(reached_the_end);
    EXPECT_GT(at, 60);  // it did cut in the middle, not only before and behind
  }
}

TEST(Open, NamesTheObjectThatIsNotThePinnedOne) {
  TestAppliance appliance;
  struct Case {
    Bytes Pins::*pin;
    std::string_view word;
  };
  for (const Case& one : {Case{&Pins::srk_name, "SRK"}, Case{&Pins::ak_name, "AK"}, Case{&Pins::ctr_name, "CTR"},
                          Case{&Pins::chain_name, "CHAIN"}}) {
    const Bytes kept = appliance.pins.*one.pin;
    (appliance.pins.*one.pin)[5] ^= 1;
    auto refused = appliance.try_open();
    ASSERT_FALSE(refused) << one.word;
    EXPECT_EQ(refused.error().code(), ErrorCode::ForeignTpm) << one.word;
    EXPECT_NE(refused.error().doing().find(one.word), std::string_view::npos) << refused.error().doing();
    EXPECT_NE(refused.error().doing().find("Name"), std::string_view::npos) << refused.error().doing();
    appliance.pins.*one.pin = kept;
  }
  for (const unsigned parity : {0u, 1u}) {
    const Bytes kept = std::exchange(appliance.pins.slot_name[parity], appliance.pins.slot_name[1 - parity]);
    auto refused = appliance.try_open();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().doing().find(parity == 0 ? "K0" : "K1"), std::string_view::npos);
    appliance.pins.slot_name[parity] = kept;
  }
  EXPECT_TRUE(appliance.try_open());
}
TEST(Open, RefusesAnotherAppliancesTpm) {
  TestAppliance appliance;
  TestAppliance other;
  auto refused = appliance.try_open_at(other.tpm.tcti());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::ForeignTpm);
  EXPECT_NE(refused.error().doing().find("Name of the SRK"), std::string_view::npos);
}
TEST(Open, RefusesAnEmptyTpm) {
  TestAppliance appliance;
  Swtpm empty;
  auto refused = appliance.try_open_at(empty.tcti());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::ForeignTpm);
}
TEST(Open, RefusesAServiceWithForeignAuthorisations) {
  TestAppliance appliance;
  auto refused = Anchor::open(appliance.tpm.tcti(), appliance.pins, make_service_auth(), appliance.boot);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TpmRefused);
  EXPECT_EQ(refused.error().outside(), 0x9A2);
}
TEST(Open, SaysUnreachableWhenTheTpmIsGone) {
  TestAppliance appliance;
  auto anchor = appliance.open();
  appliance.tpm.power_cut();
  auto lost = anchor->read_chain();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::TpmUnreachable);
  EXPECT_EQ(anchor->read_counter().error().code(), ErrorCode::TpmUnreachable);  // dead for good
  appliance.tpm.power_on();
  EXPECT_EQ(anchor->read_counter().error().code(), ErrorCode::TpmUnreachable);
  EXPECT_TRUE(appliance.open()->read_counter());
}
TEST(Open, WorksAfterManyKilledPredecessorsThatLeftSessionsBehind) {
  TestAppliance appliance;
  for (int i = 0; i < 8; ++i) {
    auto anchor = appliance.open();
    power::went_out();  // the process dies: its sessions stay in the TPM
    anchor.reset();
    power::power_on();
  }
  EXPECT_TRUE(appliance.open()->read_slot(0));
}

TEST(Examine, AndReadingPcrsDisturbNoRunningService) {
  test::SocketSwtpm tpm;
  Owner owner(tpm);
  auto pins = Anchor::provision(tpm.tcti(), owner.service, owner.custodians, owner.boot).value();
  auto anchor = Anchor::open(tpm.tcti(), pins, test::duplicate(owner.service), owner.boot).value();
  EXPECT_TRUE(Anchor::examine(tpm.tcti()));
  EXPECT_TRUE(read_pcr_composite(tpm.tcti(), test::kTestPcrs));
  EXPECT_TRUE(anchor->read_slot(0));
}

TEST(TpmName, EmptyUnknownAndIncompleteNamesAreRefused) {
  for (const char* name :
       {"", "device", "device:", "device:/dev/null", "device:/dev/tpm0", "swtpm",
        "swtpm:", "tabrmd:", "mssim:host=localhost", "cmd:swtpm", "fd:", "fd:x", "fd:-1", "fd:99999", "fd:1 "}) {
    auto refused = Anchor::examine(name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code(), ErrorCode::Settings) << name;
  }
}
TEST(TpmName, OfASoftwareTpmsSocketServesOneProcessAfterTheOtherAlsoKilledOnes) {
  test::SocketSwtpm tpm;
  Owner owner(tpm);
  auto pins = Anchor::provision(tpm.tcti(), owner.service, owner.custodians, owner.boot).value();
  for (int i = 0; i < 5; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto anchor = Anchor::open(tpm.tcti(), pins, test::duplicate(owner.service), owner.boot);
      const bool read = anchor && anchor.value()->read_slot(0);
      ::kill(::getpid(), read ? SIGKILL : SIGTERM);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << i;
  }
  tpm.power_cut();
  tpm.power_on();
  EXPECT_TRUE(Anchor::open(tpm.tcti(), pins, test::duplicate(owner.service), owner.boot));
}
TEST(TpmName, ASocketWhereNobodyListensIsUnreachable) {
  auto lost = Anchor::examine("swtpm:path=/nowhere/at/all");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::TpmUnreachable);
}

TEST(ServiceAuth, ComesBackFromItsBytesAndRefusesEverythingElse) {
  auto auth = make_service_auth();
  Bytes bytes = encode_service_auth(auth);
  ASSERT_EQ(bytes.size(), 97u);
  EXPECT_EQ(encode_service_auth(decode_service_auth(bytes).value()), bytes);
  EXPECT_FALSE(decode_service_auth({}));
  EXPECT_FALSE(decode_service_auth(ByteView(bytes).first(96)));
  bytes[0] = 2;
  EXPECT_FALSE(decode_service_auth(bytes));
  bytes[0] = 1;
  bytes.push_back(0);
  EXPECT_FALSE(decode_service_auth(bytes));
}
TEST(ServiceAuth, HasTheBytesOfItsFormatPage) {
  Bytes bytes{1};
  for (int i = 0; i < 96; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  auto auth = decode_service_auth(bytes).value();
  EXPECT_EQ(auth.nv.expose([](auto b) { return b[0]; }), 0);
  EXPECT_EQ(auth.root.expose([](auto b) { return b[0]; }), 32);
  EXPECT_EQ(auth.ak.expose([](auto b) { return b[31]; }), 95);
}

}  // namespace
}  // namespace shosoin::tpm
