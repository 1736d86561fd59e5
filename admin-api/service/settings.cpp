#include "admin-api/service/settings.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>

namespace shosoin::service {
namespace {

constexpr std::size_t kMaxSettingsText = 64u << 10;
constexpr std::array<std::string_view, 8> kSections{"vault",   "tpm",   "boot",  "sessions",
                                                    "batches", "clock", "scrub", "gate"};

constexpr std::array<SettingsKey, 19> kKeys{{
    {"vault", "data_directory", true, "データを置く絶対パス(暗号化済みのものだけが入ります)",
     "absolute path of the data; only encrypted matter goes there"},
    {"vault", "state_copy_directory", true, "別のディスクまたは共有上の、状態の写しを置く絶対パス",
     "absolute path on another disk or share for the state copy"},
    {"vault", "gate_socket", true, "ゲートが接続するUNIXソケットの絶対パス",
     "absolute path of the unix socket for the gate"},
    {"vault", "admin_socket", true, "管理用UNIXソケットの絶対パス", "absolute path of the local administration socket"},
    {"vault", "gate_user", false, "ゲートのOSアカウント名(省略時は保管庫と同じ)",
     "operating system account of the gate; default: the vault's own"},
    {"vault", "site_label", false, "設置場所の表示名(状態表示に出ます)", "label of the site, shown by status (S-06)"},
    {"vault", "reserve_mib", false,
     "データのディスクで管理者・監査責任者・消去のために残すMiB(既定64)。この4倍を切ると一括登録などを断ります",
     "MiB of the data disk kept for administrator, auditor and erasure, default 64; below four times that, imports are "
     "refused"},
    {"vault", "block_cache_mib", false,
     "復号した索引を置くロックされたメモリの上限(MiB) 0〜16384(既定512)。ロックできる量とメモリの16分の1を超えません",
     "locked memory for decrypted index blocks at most, MiB, 0..16384, default 512; never more than may be locked nor a "
     "sixteenth of the memory"},
    {"tpm", "tcti", true, "TPMへの経路。実機は device:/dev/tpmrm0", "way to the TPM; in production device:/dev/tpmrm0"},
    {"tpm", "hardware_only", false, "true ならソフトウェアTPMでは起動しない(本番は true。既定 false)",
     "true: no start on a software TPM; set it in production, default false"},
    {"tpm", "auth_file", true, "TPM認可値のファイル(0600、initが作成。データディレクトリの外)",
     "file of the TPM authorisation values, 0600, written by init, outside the data directory"},
    {"boot", "signer_public_key", true, "起動状態に署名した者の公開鍵(PEM)",
     "public key (PEM) of the signer of boot states"},
    {"boot", "approvals", true, "承認済み起動状態のファイル(JSON)", "file of the approved boot states (JSON)"},
    {"sessions", "idle_seconds", false, "無操作で強制ログアウトするまでの秒数 60〜300(既定300)",
     "seconds without an operation until forced logout, 60..300, default 300 (A-14)"},
    {"sessions", "absolute_seconds", false, "ログインの最長秒数 300〜43200(既定28800)",
     "longest life of a session in seconds, 300..43200, default 28800"},
    {"batches", "daily_cap", false, "1日の消去バッチの上限 1〜24(既定24)",
     "erasure batches a day at most, 1..24, default 24"},
    {"clock", "off_days", false,
     "電源を切ったままにする最長の日数 0〜366(既定14、1年の再起動を合わせて)。時計がそれより先に進んでいれば二人の承認を待ちます",
     "longest time without power in days, of all reboots within a year, 0..366, default 14; a clock that is further ahead "
     "waits for two persons"},
    {"scrub", "every_hours", false, "保存データ全体の点検の間隔(時間) 1〜744(既定24)",
     "hours between two walks over everything stored, 1..744, default 24"},
    {"scrub", "mib_per_second", false, "点検で読む速さの上限(MiB/秒) 1〜4096(既定20)",
     "how fast such a walk reads at most, MiB a second, 1..4096, default 20"},
}};

class SettingsReader {
 public:
  SettingsReader(std::string_view file, SettingsFault& fault) : file_(file), fault_(fault) {}

  Error refuse(std::uint32_t line, std::string_view key, std::string_view ja, std::string_view en) {
    const std::string at = std::string(file_) + ":" + std::to_string(line) + ": " + std::string(key);
    fault_.ja = at + ": " + std::string(ja);
    fault_.en = at + ": " + std::string(en);
    return Error{ErrorCode::Settings, "read the settings"};
  }
  Result<void> check_names(const toml::table& root) {
    for (const auto& [name, node] : root) {
      const auto line = name.source().begin.line;
      if (std::ranges::find(kSections, name.str()) == kSections.end() || !node.is_table()) {
        return refuse(line, name.str(), "知らない区分です。", "unknown section.");
      }
      if (name.str() == "gate") continue;  // the gate's own part
      for (const auto& [key, value] : *node.as_table()) {
        const auto known = std::ranges::any_of(
            kKeys, [&](const SettingsKey& row) { return row.section == name.str() && row.key == key.str(); });
        if (!known) {
          return refuse(key.source().begin.line, std::string(name.str()) + "." + std::string(key.str()),
                        "知らない項目です。", "unknown key.");
        }
      }
    }
    return success();
  }
  Result<std::string> text(const toml::table& root, std::string_view section, std::string_view key) {
    const auto node = root[section][key];
    const auto* row = std::ranges::find_if(
        kKeys, [&](const SettingsKey& known) { return known.section == section && known.key == key; });
    const std::string name = std::string(section) + "." + std::string(key);
    if (!node) {
      if (row->required)
        return refuse(line_of(root, section), name, "必須の項目がありません。", "a required key is missing.");
      return std::string();
    }
    const auto value = node.value_exact<std::string>();
    if (!value || (value->empty() && row->required)) {
      return refuse(node.node()->source().begin.line, name, "空でない文字列が要ります。",
                    "needs a text that is not empty.");
    }
    return *value;
  }
  Result<std::filesystem::path> path(const toml::table& root, std::string_view section, std::string_view key) {
    TRY(auto value, text(root, section, key));
    std::filesystem::path path(value);
    if (!path.is_absolute()) {
      return refuse(root[section][key].node()->source().begin.line, std::string(section) + "." + std::string(key),
                    "絶対パスが要ります。", "needs an absolute path.");
    }
    return path;
  }
  Result<bool> flag(const toml::table& root, std::string_view section, std::string_view key) {
    const auto node = root[section][key];
    if (!node) return false;
    const auto value = node.value_exact<bool>();
    if (!value) {
      return refuse(node.node()->source().begin.line, std::string(section) + "." + std::string(key),
                    "true または false が要ります。", "needs true or false.");
    }
    return *value;
  }
  struct Range {
    std::int64_t least, most, otherwise;
  };
  Result<std::int64_t> number(const toml::table& root, std::string_view section, std::string_view key, Range range) {
    const auto node = root[section][key];
    if (!node) return range.otherwise;
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < range.least || *value > range.most) {
      return refuse(node.node()->source().begin.line, std::string(section) + "." + std::string(key),
                    "値が範囲の外です。", "the value is out of range.");
    }
    return *value;
  }

 private:
  static std::uint32_t line_of(const toml::table& root, std::string_view section) {
    const auto node = root[section];
    return node ? node.node()->source().begin.line : 0;
  }
  std::string_view file_;
  SettingsFault& fault_;
};

bool lies_in(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const auto relative = inner.lexically_normal().lexically_relative(outer.lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

std::span<const SettingsKey> settings_keys() { return kKeys; }

Result<Settings> parse_settings(std::string_view text, std::string_view file_name, SettingsFault& fault) {
  SettingsReader reader(file_name, fault);
  const auto parsed = toml::parse(text);
  if (!parsed) {
    return reader.refuse(parsed.error().source().begin.line, "TOML", "TOMLとして読めません。",
                         "this is not valid TOML.");
  }
  const toml::table& root = parsed.table();
  TRY(reader.check_names(root));
  Settings settings;
  TRY(settings.data_directory, reader.path(root, "vault", "data_directory"));
  TRY(settings.state_copy_directory, reader.path(root, "vault", "state_copy_directory"));
  TRY(settings.gate_socket, reader.path(root, "vault", "gate_socket"));
  TRY(settings.admin_socket, reader.path(root, "vault", "admin_socket"));
  TRY(settings.gate_user, reader.text(root, "vault", "gate_user"));
  TRY(settings.site_label, reader.text(root, "vault", "site_label"));
  TRY(settings.tcti, reader.text(root, "tpm", "tcti"));
  TRY(settings.hardware_only, reader.flag(root, "tpm", "hardware_only"));
  TRY(settings.auth_file, reader.path(root, "tpm", "auth_file"));
  TRY(settings.signer_public_key, reader.path(root, "boot", "signer_public_key"));
  TRY(settings.boot_approvals, reader.path(root, "boot", "approvals"));
  TRY(const auto idle, reader.number(root, "sessions", "idle_seconds", {60, limits::kSessionIdle.count(), 300}));
  TRY(const auto absolute, reader.number(root, "sessions", "absolute_seconds", {300, 43'200, 28'800}));
  TRY(const auto cap, reader.number(root, "batches", "daily_cap", {1, limits::kMaxBatchesPerDay, 24}));
  TRY(const auto reserve,
      reader.number(root, "vault", "reserve_mib", {1, limits::kReserveMostMiB, limits::kReserveMiB}));
  settings.reserve_bytes = static_cast<std::uint64_t>(reserve) << 20;
  TRY(const auto cache,
      reader.number(root, "vault", "block_cache_mib", {0, limits::kBlockCacheMostMiB, limits::kBlockCacheMiB}));
  settings.block_cache_bytes = static_cast<std::size_t>(cache) << 20;
  TRY(const auto hours, reader.number(root, "scrub", "every_hours", {1, limits::kScrubHoursMost, limits::kScrubHours}));
  TRY(const auto rate, reader.number(root, "scrub", "mib_per_second", {1, limits::kScrubRateMost, limits::kScrubRate}));
  TRY(const auto off, reader.number(root, "clock", "off_days", {0, limits::kClockOffDaysMost, limits::kClockOffDays}));
  settings.clock_off_time = std::chrono::hours(24 * off);
  settings.scrub_every = std::chrono::hours(hours);
  settings.scrub_rate = static_cast<std::uint64_t>(rate) << 20;
  settings.idle = std::chrono::seconds(idle);
  settings.absolute = std::chrono::seconds(absolute);
  settings.daily_batches = static_cast<int>(cap);
  if (settings.hardware_only && !settings.tcti.starts_with("device:")) {
    return reader.refuse(root["tpm"]["tcti"].node()->source().begin.line, "tpm.tcti",
                         "hardware_only のときは device: のTPMが要ります。",
                         "hardware_only asks for a TPM behind device:.");
  }
  // init refuses a data directory that is not empty, and a backup of it must not carry the TPM authorisations.
  if (lies_in(settings.auth_file, settings.data_directory)) {
    return reader.refuse(root["tpm"]["auth_file"].node()->source().begin.line, "tpm.auth_file",
                         "データディレクトリの外に置いてください。", "must lie outside the data directory.");
  }
  if (lies_in(settings.state_copy_directory, settings.data_directory) ||
      lies_in(settings.data_directory, settings.state_copy_directory)) {
    return reader.refuse(root["vault"]["state_copy_directory"].node()->source().begin.line,
                         "vault.state_copy_directory", "データディレクトリとは別の場所にしてください。",
                         "must be apart from the data directory.");
  }
  return settings;
}

Result<Settings> load_settings(const std::filesystem::path& file, SettingsFault& fault) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  if (in) {
    text.resize(kMaxSettingsText + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (!in.is_open() || in.bad() || text.size() > kMaxSettingsText) {
    fault.ja = file.string() + ": 設定ファイルを読めません。";
    fault.en = file.string() + ": the settings file cannot be read.";
    return Error{ErrorCode::Settings, "open the settings file"};
  }
  return parse_settings(text, file.string(), fault);
}

std::string settings_help() {
  std::string out = "# Shosoin 設定 / settings (TOML)\n";
  std::string_view section;
  for (const auto& row : kKeys) {
    if (row.section != section) out += "\n[" + std::string(row.section) + "]\n";
    section = row.section;
    out += std::string(row.key) + (row.required ? "  必須 / required\n" : "\n");
    out += "    " + std::string(row.ja) + "\n    " + std::string(row.en) + "\n";
  }
  out += "\n[gate]  shosoin-gate --help\n";
  return out;
}

}  // namespace shosoin::service
