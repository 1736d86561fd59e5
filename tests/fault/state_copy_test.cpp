// What the state copy gives back when the appliance environment is lost: the newest state, however it was renewed, and
// the evidence with which certificates of earlier epochs are issued again.
#include <gtest/gtest.h>

#include <fstream>

#include "storage/erasure/certificate.h"
#include "storage/erasure/core.h"
#include "tests/fault/epoch_rig.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;

class StateCopy : public ::testing::Test {
 protected:
  EpochRig rig;

  void lose_environment() {
    rig.stop();
    fs::remove_all(rig.places().data / "appliance");
    const auto started = rig.start();
    ASSERT_TRUE(started) << started.error().doing();
    EXPECT_EQ(rig.appliance().status().recovered, "rebuilt");
  }
  fs::path evidence_of(std::uint64_t epoch) const {
    auto number = std::to_string(epoch);
    return rig.places().state_copy / "evidence" / (std::string(20 - number.size(), '0') + number);
  }
};

TEST_F(StateCopy, CertificatesOfEarlierEpochsAreIssuedAgainAfterARebuild) {
  ASSERT_TRUE(rig.start());
  const auto first = rig.erase_some();
  ASSERT_TRUE(first);
  const auto told = rig.appliance().certificate(rig.tenants[0], first.value().serials[0]);
  ASSERT_TRUE(told);
  const auto second = rig.erase_some_more();
  ASSERT_TRUE(second);
  EXPECT_TRUE(fs::exists(evidence_of(1)));
  EXPECT_TRUE(fs::exists(evidence_of(2)));
  ASSERT_NO_FATAL_FAILURE(lose_environment());
  const auto again = rig.appliance().certificate(rig.tenants[0], first.value().serials[0]);
  ASSERT_TRUE(again) << again.error().doing();
  EXPECT_EQ(again.value(), told.value());  // byte for byte
  EXPECT_TRUE(rig.appliance().certificate(rig.tenants[2], second.value().serials[0]));
}

TEST_F(StateCopy, EvidenceThatIsMissingOrTornIsOneOldCertificateLessAndIsMadeAnewWhileTheOriginalIsThere) {
  ASSERT_TRUE(rig.start());
  const auto first = rig.erase_some();
  ASSERT_TRUE(first);
  ASSERT_TRUE(rig.erase_some_more());
  fs::remove(evidence_of(1));
  rig.stop();
  ASSERT_TRUE(rig.start());  // the original is in the environment: the sweep of a start copies it again
  ASSERT_TRUE(fs::exists(evidence_of(1)));
  fs::resize_file(evidence_of(1), fs::file_size(evidence_of(1)) - 1);
  ASSERT_NO_FATAL_FAILURE(lose_environment());
  EXPECT_EQ(rig.appliance().certificate(rig.tenants[0], first.value().serials[0]).error().code(), ErrorCode::Conflict);
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
}

TEST_F(StateCopy, EvidenceOfTheCurrentEpochIsNeverTakenFromACopy) {
  ASSERT_TRUE(rig.start());
  const auto first = rig.erase_some();
  ASSERT_TRUE(first);
  rig.stop();
  // A made-up time under the genuine manifest: what is certified is certified by the TPM again.
  std::ifstream in(evidence_of(1), std::ios::binary);
  auto evidence = erasure::decode_evidence_copy(Bytes{std::istreambuf_iterator<char>(in), {}}).value();
  evidence.certified_at = "1970-01-01T00:00:00.000+09:00";
  const auto forged = erasure::encode_evidence_copy(erasure::encode_evidence(evidence));
  std::ofstream(evidence_of(1), std::ios::binary)
      .write(reinterpret_cast<const char*>(forged.data()), static_cast<std::streamsize>(forged.size()));
  ASSERT_NO_FATAL_FAILURE(lose_environment());
  const auto certificate = rig.appliance().certificate(rig.tenants[0], first.value().serials[0]);
  ASSERT_TRUE(certificate) << certificate.error().doing();
  EXPECT_EQ(certificate.value().find("1970-01-01"), std::string::npos);
}

TEST_F(StateCopy, ThatFellBehindAtAMergeIsRenewedAndGivesTheNewGenerationBack) {
  ASSERT_TRUE(rig.start());
  auto* store = rig.appliance().tenant(rig.tenants[0]).value();
  const auto away = rig.root() / "away";
  fs::rename(rig.places().state_copy, away);  // the share is gone
  ASSERT_TRUE(rig.appliance().merge(*store, {}));
  EXPECT_TRUE(rig.appliance().status().state_copy_behind);
  rig.appliance().renew_state_copy();
  EXPECT_TRUE(rig.appliance().status().state_copy_behind);  // still gone
  fs::rename(away, rig.places().state_copy);
  rig.appliance().renew_state_copy();
  EXPECT_FALSE(rig.appliance().status().state_copy_behind);
  ASSERT_NO_FATAL_FAILURE(lose_environment());
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords});
}

TEST_F(StateCopy, ThatDoesNotReadBackIsFoundByTheStartAndRenewed) {
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.erase_some());
  rig.stop();
  for (const auto& item : fs::recursive_directory_iterator(rig.places().state_copy)) {
    if (item.is_regular_file() && item.path().filename().string().size() == 65) fs::resize_file(item.path(), item.file_size() - 1);
  }
  ASSERT_TRUE(rig.start());
  EXPECT_TRUE(rig.appliance().status().state_copy_behind);
  rig.appliance().renew_state_copy();
  EXPECT_FALSE(rig.appliance().status().state_copy_behind);
  ASSERT_NO_FATAL_FAILURE(lose_environment());
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
}

}  // namespace
}  // namespace shosoin::test
