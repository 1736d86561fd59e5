#include "admin-api/gate/settings.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

constexpr std::array kKeys{
    SettingsKey{"listen", "text", "\"systemd\"", "待ち受け。\"systemd\"はソケット起動、または \"127.0.0.1:8443\" の形",
                "where to listen: \"systemd\" for socket activation, or \"127.0.0.1:8443\""},
    SettingsKey{"certificate", "path", "", "サーバー証明書(PEM、中間証明書を続ける)",
                "server certificate (PEM, intermediates following)"},
    SettingsKey{"private_key", "path", "", "その秘密鍵(PEM)。他の利用者から読めてはならない",
                "its private key (PEM), not readable by others"},
    SettingsKey{"client_ca", "path", "", "端末証明書の認証局(PEM)。ファイル、または*.pemを置いたディレクトリ",
                "certificate authorities of the terminals (PEM): a file, or a directory of *.pem"},
    SettingsKey{"client_crl", "path", "\"\"", "端末証明書の失効リスト(PEM)。変更は数秒以内、またはSIGHUPで読み直す",
                "revocation lists of the terminals' certificates (PEM); read again within seconds or on SIGHUP"},
    SettingsKey{"vault_socket", "path", "", "保管庫のUNIXソケット", "unix socket of the vault"},
    SettingsKey{"authority", "list of text", "",
                "受け付けるホスト名(例 \"shosoin.example.lg.jp\"、ポートを付けてもよい)",
                "host names that are ours, with or without port"},
    SettingsKey{"threads", "number", "2", "処理スレッドの数(1〜16)", "number of worker threads, 1 to 16"},
    SettingsKey{"connections", "number", "1024", "同時接続の上限(16〜16384)", "connections at once, 16 to 16384"},
    SettingsKey{"connections_per_address", "number", "256", "一つのIPアドレスからの上限",
                "of these, from one IP address"},
    SettingsKey{"connections_per_certificate", "number", "128", "一つの端末証明書での上限",
                "of these, with one terminal certificate"},
};
constexpr std::size_t kMaxSettingsFile = 1u << 20;
constexpr std::size_t kMaxHostNames = 64;

unsigned line_of(const toml::node& node) { return static_cast<unsigned>(node.source().begin.line); }

// Takes values out of [gate]; remembers the first thing that is wrong.
class Table {
 public:
  Table(const toml::table& table, SettingsFault& fault) : table_(table), fault_(fault) { refuse_unknown(); }
  bool good() const { return good_; }

  std::string text(std::string_view key, std::string_view otherwise = {}) {
    const toml::node* node = find(key, otherwise.empty());
    if (node == nullptr) return std::string(otherwise);
    const auto value = node->value<std::string>();
    if (!node->is_string() || !value || value->empty()) return wrong(key, *node), std::string();
    return *value;
  }
  std::string optional_text(std::string_view key) {
    const toml::node* node = find(key, false);
    if (node == nullptr) return {};
    const auto value = node->value<std::string>();
    if (!node->is_string() || !value) return wrong(key, *node), std::string();
    return *value;
  }
  unsigned number(std::string_view key, unsigned least, unsigned most, unsigned otherwise) {
    const toml::node* node = find(key, false);
    if (node == nullptr) return otherwise;
    const auto value = node->value<std::int64_t>();
    if (!node->is_integer() || !value || *value < least || *value > most) return wrong(key, *node), otherwise;
    return static_cast<unsigned>(*value);
  }
  std::vector<std::string> texts(std::string_view key) {
    const toml::node* node = find(key, true);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr || array->empty() || array->size() > kMaxHostNames)
      return wrong(key, *node), std::vector<std::string>{};
    std::vector<std::string> out;
    for (const auto& element : *array) {
      const auto value = element.value<std::string>();
      if (!element.is_string() || !value || value->empty()) return wrong(key, element), out;
      out.push_back(*value);
    }
    return out;
  }

 private:
  const toml::node* find(std::string_view key, bool required) {
    const toml::node* node = table_.get(key);
    if (node == nullptr && required && good_) {
      good_ = false;
      fault_ = {line_of(table_), key};
    }
    return node;
  }
  void wrong(std::string_view key, const toml::node& node) {
    if (good_) fault_ = {line_of(node), key};
    good_ = false;
  }
  void refuse_unknown() {
    for (const auto& [key, node] : table_) {
      const std::string_view name = key.str();
      if (std::ranges::any_of(kKeys, [&](const SettingsKey& known) { return known.name == name; })) continue;
      const auto line = static_cast<unsigned>(key.source().begin.line);
      if (good_ || line < fault_.line) fault_ = {line, {}};
      good_ = false;
    }
  }
  const toml::table& table_;
  SettingsFault& fault_;
  bool good_ = true;
};

}  // namespace

std::span<const SettingsKey> settings_keys() { return kKeys; }

std::string settings_help() {
  std::string out = "[gate]\n";
  for (const auto& key : kKeys) {
    const bool required = key.default_value.empty();
    out += fmt::format("  {:<28} {:<13} {}\n", key.name, key.type,
                       required ? "必須 / required" : fmt::format("既定値 / default {}", key.default_value));
    out += fmt::format("      {}\n      {}\n", key.ja, key.en);
  }
  return out;
}

Result<Settings> parse_settings(std::string_view text, SettingsFault& fault) {
  fault = {};
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    fault.line = static_cast<unsigned>(parsed.error().source().begin.line);
    return Error{ErrorCode::Settings, "read the settings as TOML"};
  }
  const toml::node* node = parsed.table().get("gate");
  if (node == nullptr || !node->is_table()) return Error{ErrorCode::Settings, "find the table [gate] in the settings"};
  Table table(*node->as_table(), fault);
  Settings settings;
  settings.listen = table.text("listen", "systemd");
  settings.certificate = table.text("certificate");
  settings.private_key = table.text("private_key");
  settings.client_ca = table.text("client_ca");
  settings.vault_socket = table.text("vault_socket");
  settings.authority = table.texts("authority");
  settings.threads = table.number("threads", 1, limits::kMaxGateThreads, 2);
  settings.client_crl = table.optional_text("client_crl");
  settings.connections =
      table.number("connections", limits::kConnectionsLeast, limits::kConnectionsMost, settings.connections);
  settings.connections_per_address =
      table.number("connections_per_address", 1, limits::kConnectionsMost, settings.connections_per_address);
  settings.connections_per_certificate =
      table.number("connections_per_certificate", 1, limits::kConnectionsMost, settings.connections_per_certificate);
  if (!table.good()) return Error{ErrorCode::Settings, "read the table [gate] of the settings", fault.line};
  if (settings.listen != "systemd" && !parse_listen(settings.listen)) {
    fault = {line_of(*node->as_table()->get("listen")), "listen"};
    return Error{ErrorCode::Settings, "read the address to listen on", fault.line};
  }
  return settings;
}

Result<Settings> load_settings(const std::string& path, SettingsFault& fault) {
  fault = {};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::Settings, "open the settings file", errno};
  std::string text(kMaxSettingsFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxSettingsFile) return Error{ErrorCode::Settings, "hold the settings file to its size"};
  return parse_settings(text, fault);
}

Result<ListenAddress> parse_listen(std::string_view text) {
  const Error wrong{ErrorCode::Settings, "read the address to listen on"};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') != host.ends_with(']')) return wrong;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  unsigned value = 0;
  if (port.empty() || port.size() > 5) return wrong;
  for (char digit : port) {
    if (digit < '0' || digit > '9') return wrong;
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  if (value > 65535 || host.empty()) return wrong;
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(value)};
}

}  // namespace shosoin::gate
