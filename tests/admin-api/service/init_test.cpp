// shosoin init: once, with two officers, on a TPM of its own.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;

class Init : public ::testing::Test {
 protected:
  support::TemporaryDirectory place;
  Swtpm tpm;
  MovedClock clock;
  service::Settings settings = settings_in(place.path(), tpm);
  service::InitInput input = make_input();
  std::string at;

  service::InitInput make_input() {
    service::InitInput made;
    for (int i = 0; i < 2; ++i) {
      made.officers[static_cast<std::size_t>(i)] = officer_input(make_human("officer-" + std::to_string(i) + "x"), i);
    }
    made.share_directory = place.path() / "shares";
    return made;
  }
  ErrorCode refusal() {
    const auto done = service::initialise_appliance(settings, input, clock, &at);
    EXPECT_FALSE(done);
    EXPECT_FALSE(fs::exists(settings.data_directory / service::kProvisioningFile));
    return done ? ErrorCode::Internal : done.error().code();
  }
};

TEST_F(Init, LeavesAnInstallationThatOpensAndFiveSharesOfModeSixHundred) {
  ASSERT_TRUE(service::initialise_appliance(settings, input, clock));
  std::size_t shares = 0;
  for (const auto& file : fs::directory_iterator(input.share_directory)) {
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    ++shares;
  }
  EXPECT_EQ(shares, 5u);
  EXPECT_EQ(fs::status(settings.auth_file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(fs::exists(settings.data_directory / service::kTerminalAuthorityFile));
  EXPECT_TRUE(service::open_appliance(settings, clock));
  EXPECT_EQ(service::initialise_appliance(settings, input, clock).error().code(), ErrorCode::Conflict);  // not twice
  fs::permissions(settings.auth_file, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(service::open_appliance(settings, clock).error().code(), ErrorCode::Settings);
}

TEST_F(Init, RefusesWeakPasswordsEqualOfficersAndSharedFactors) {
  const auto first = input.officers[0].password;
  input.officers[1].password = first;
  EXPECT_EQ(refusal(), ErrorCode::InvalidContent);
  EXPECT_EQ(at, "/officers/1/password");
  input.officers[1].password = "changeme1234";
  EXPECT_EQ(refusal(), ErrorCode::InvalidContent);
  EXPECT_EQ(at, "/officers/1/password");
  input = make_input();
  input.officers[1].totp_secret = input.officers[0].totp_secret;
  EXPECT_EQ(refusal(), ErrorCode::InvalidContent);
  EXPECT_EQ(at, "/officers/1/totpSecret");
  input = make_input();
  input.officers[1].id = "OFFICER-0X";
  EXPECT_EQ(refusal(), ErrorCode::InvalidContent);
  EXPECT_EQ(at, "/officers/1/id");
  input = make_input();
  input.officers[0].id = "root";
  EXPECT_EQ(refusal(), ErrorCode::InvalidContent);
  EXPECT_EQ(at, "/officers/0/id");
}

TEST_F(Init, RefusesDirectoriesThatAreNotEmptyAndKeepsWhatIsThere) {
  fs::create_directories(settings.data_directory);
  std::ofstream(settings.data_directory / "somebody's file") << "x";
  EXPECT_EQ(refusal(), ErrorCode::Conflict);
  EXPECT_TRUE(fs::exists(settings.data_directory / "somebody's file"));
  EXPECT_FALSE(fs::exists(settings.auth_file));
}

TEST_F(Init, RefusesWithoutABootApproval) {
  fs::remove(settings.boot_approvals);
  EXPECT_EQ(refusal(), ErrorCode::NotFound);
  std::ofstream(settings.boot_approvals) << "{}";
  EXPECT_EQ(refusal(), ErrorCode::InvalidContent);
  EXPECT_FALSE(fs::exists(settings.auth_file));
}

TEST_F(Init, RefusesATpmThatCarriesAnAppliance) {
  ASSERT_TRUE(service::initialise_appliance(settings, input, clock));
  support::TemporaryDirectory elsewhere;
  settings = settings_in(elsewhere.path(), tpm);
  input.share_directory = elsewhere.path() / "shares";
  EXPECT_EQ(refusal(), ErrorCode::Conflict);
  EXPECT_FALSE(fs::exists(input.share_directory));
}

// Whatever way leads to it: a device file may stand for a software TPM, too.
TEST_F(Init, OnASoftwareTpmIsRefusedWhereTheSettingsAskForHardwareAndSoIsTheStart) {
  settings.hardware_only = true;
  EXPECT_EQ(refusal(), ErrorCode::Settings);
  EXPECT_FALSE(fs::exists(settings.auth_file));
  settings.hardware_only = false;
  ASSERT_TRUE(service::initialise_appliance(settings, input, clock));
  settings.hardware_only = true;
  EXPECT_EQ(service::open_appliance(settings, clock).error().code(), ErrorCode::Settings);
  settings.hardware_only = false;
  EXPECT_TRUE(service::open_appliance(settings, clock));
}

TEST_F(Init, IsNeededBeforeTheVaultOpens) {
  const auto opened = service::open_appliance(settings, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Settings);
}

}  // namespace
}  // namespace shosoin::test
