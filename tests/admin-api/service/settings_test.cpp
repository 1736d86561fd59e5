#include "admin-api/service/settings.h"

#include <gtest/gtest.h>

namespace shosoin::service {
namespace {

constexpr std::string_view kGood = R"([vault]
data_directory = "/srv/shosoin/data"
state_copy_directory = "/mnt/copy"
gate_socket = "/run/shosoin/gate.sock"
admin_socket = "/run/shosoin/admin.sock"
site_label = "架空データセンター"
[tpm]
tcti = "device:/dev/tpmrm0"
auth_file = "/etc/shosoin/tpm-auth"
[boot]
signer_public_key = "/etc/shosoin/signer.pem"
approvals = "/etc/shosoin/approvals.json"
[sessions]
idle_seconds = 120
[gate]
anything = "is the gate's own matter"
)";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kGood);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Refusal {
  ErrorCode code;
  SettingsFault fault;
};
Refusal refusal_of(std::string_view text) {
  SettingsFault fault;
  const auto settings = parse_settings(text, "shosoin.toml", fault);
  EXPECT_FALSE(settings);
  return {settings ? ErrorCode::Internal : settings.error().code(), fault};
}

TEST(Settings, ReadsEveryPartThatIsTheVaultsAndLeavesTheGatesAlone) {
  SettingsFault fault;
  const auto settings = parse_settings(kGood, "shosoin.toml", fault);
  ASSERT_TRUE(settings) << fault.en;
  EXPECT_EQ(settings.value().data_directory, "/srv/shosoin/data");
  EXPECT_EQ(settings.value().idle, std::chrono::seconds{120});
  EXPECT_EQ(settings.value().absolute, limits::kSessionAbsolute);
  EXPECT_EQ(settings.value().daily_batches, limits::kMaxBatchesPerDay);
}

TEST(Settings, BoundTheCacheOfBlocks) {
  SettingsFault fault;
  EXPECT_EQ(parse_settings(kGood, "shosoin.toml", fault).value().block_cache_bytes, std::size_t{512} << 20);
  const auto cache = [](std::string_view value) {
    return with("site_label", "block_cache_mib = " + std::string(value) + "\nsite_label");
  };
  EXPECT_EQ(parse_settings(cache("0"), "shosoin.toml", fault).value().block_cache_bytes, 0u);
  EXPECT_EQ(parse_settings(cache("16384"), "shosoin.toml", fault).value().block_cache_bytes, std::size_t{16} << 30);
  for (const char* value : {"-1", "16385", "\"512\"", "1.5"}) {
    EXPECT_EQ(refusal_of(cache(value)).fault.en, "shosoin.toml:6: vault.block_cache_mib: the value is out of range.");
  }
}

TEST(Settings, RefusesAnUnknownKeyNamingFileLineAndKey) {
  const auto refused = refusal_of(with("site_label", "sight_label"));
  EXPECT_EQ(refused.code, ErrorCode::Settings);
  EXPECT_EQ(refused.fault.en, "shosoin.toml:6: vault.sight_label: unknown key.");
  EXPECT_EQ(refused.fault.ja, "shosoin.toml:6: vault.sight_label: 知らない項目です。");
}

TEST(Settings, RefusesAnUnknownSectionWithItsLine) {
  EXPECT_EQ(refusal_of(with("[sessions]", "[session]")).fault.en, "shosoin.toml:13: session: unknown section.");
}

TEST(Settings, RefusesAMissingRequiredKeyBySection) {
  EXPECT_EQ(refusal_of(with("tcti = \"device:/dev/tpmrm0\"\n", "")).fault.en,
            "shosoin.toml:7: tpm.tcti: a required key is missing.");
}

TEST(Settings, RefusesARelativePath) {
  EXPECT_EQ(refusal_of(with("\"/mnt/copy\"", "\"copy\"")).fault.en,
            "shosoin.toml:3: vault.state_copy_directory: needs an absolute path.");
}

TEST(Settings, RefusesAnIdleTimeOverFiveMinutes) {
  EXPECT_EQ(refusal_of(with("120", "301")).fault.en,
            "shosoin.toml:14: sessions.idle_seconds: the value is out of range.");
  EXPECT_EQ(refusal_of(with("120", "\"120\"")).fault.en,
            "shosoin.toml:14: sessions.idle_seconds: the value is out of range.");
}

TEST(Settings, WithHardwareOnlyRefuseEveryWayThatIsNoDevice) {
  constexpr std::string_view kDevice = "tcti = \"device:/dev/tpmrm0\"\n";
  SettingsFault fault;
  const auto hardware = parse_settings(with(kDevice, std::string(kDevice) + "hardware_only = true\n"), "x", fault);
  ASSERT_TRUE(hardware) << fault.en;
  EXPECT_TRUE(hardware.value().hardware_only);
  for (const auto* way : {"swtpm:path=/run/x", "fd:3"}) {
    const std::string tcti = "tcti = \"" + std::string(way) + "\"\n";
    EXPECT_EQ(refusal_of(with(kDevice, tcti + "hardware_only = true\n")).fault.en,
              "shosoin.toml:8: tpm.tcti: hardware_only asks for a TPM behind device:.");
    EXPECT_TRUE(parse_settings(with(kDevice, tcti + "hardware_only = false\n"), "x", fault));
  }
  EXPECT_EQ(refusal_of(with(kDevice, std::string(kDevice) + "hardware_only = 1\n")).fault.en,
            "shosoin.toml:9: tpm.hardware_only: needs true or false.");
}

TEST(Settings, RefusesAScrubThatNeverComesOrReadsTooFast) {
  SettingsFault fault;
  const auto settings = parse_settings(with("[gate]", "[scrub]\nevery_hours = 48\nmib_per_second = 5\n[gate]"), "x", fault);
  ASSERT_TRUE(settings) << fault.en;
  EXPECT_EQ(settings.value().scrub_every, std::chrono::hours{48});
  EXPECT_EQ(settings.value().scrub_rate, 5u << 20);
  EXPECT_EQ(refusal_of(with("[gate]", "[scrub]\nevery_hours = 745\n[gate]")).fault.en,
            "shosoin.toml:16: scrub.every_hours: the value is out of range.");
  EXPECT_EQ(refusal_of(with("[gate]", "[scrub]\nmib_per_second = 0\n[gate]")).fault.en,
            "shosoin.toml:16: scrub.mib_per_second: the value is out of range.");
}

TEST(Settings, RefusesAClockThatMayJumpAYearAndMore) {
  SettingsFault fault;
  const auto settings = parse_settings(with("[gate]", "[clock]\noff_days = 3\n[gate]"), "x", fault);
  ASSERT_TRUE(settings) << fault.en;
  EXPECT_EQ(settings.value().clock_off_time, std::chrono::hours{72});
  EXPECT_EQ(refusal_of(with("[gate]", "[clock]\noff_days = 367\n[gate]")).fault.en,
            "shosoin.toml:16: clock.off_days: the value is out of range.");
}

TEST(Settings, RefusesTpmAuthorisationsInsideTheDataDirectory) {
  EXPECT_EQ(refusal_of(with("/etc/shosoin/tpm-auth", "/srv/shosoin/data/x/tpm-auth")).fault.en,
            "shosoin.toml:9: tpm.auth_file: must lie outside the data directory.");
}

TEST(Settings, RefusesAStateCopyInsideTheDataDirectory) {
  EXPECT_EQ(refusal_of(with("/mnt/copy", "/srv/shosoin/data/copy")).fault.en,
            "shosoin.toml:3: vault.state_copy_directory: must be apart from the data directory.");
}

TEST(Settings, RefusesWhatIsNotToml) { EXPECT_EQ(refusal_of("[vault\n").code, ErrorCode::Settings); }

TEST(Settings, RefusesAFileThatIsNotThere) {
  SettingsFault fault;
  const auto settings = load_settings("/nonexistent/shosoin.toml", fault);
  ASSERT_FALSE(settings);
  EXPECT_NE(fault.ja.find("/nonexistent/shosoin.toml"), std::string::npos);
}

TEST(Settings, HelpNamesEveryKeyInBothLanguages) {
  const auto help = settings_help();
  ASSERT_FALSE(settings_keys().empty());
  for (const auto& row : settings_keys()) {
    EXPECT_NE(help.find(row.key), std::string::npos) << row.key;
    EXPECT_NE(help.find(row.ja), std::string::npos) << row.key;
    EXPECT_NE(help.find(row.en), std::string::npos) << row.key;
  }
}

}  // namespace
}  // namespace shosoin::service
