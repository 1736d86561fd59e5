// The gate's part of the settings file: table [gate] of a TOML document that the vault reads too. Every key stands in
// one table with its meaning; an unknown key or a value of another type is refused with its line. Start-up only, one
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin-api/gate/deadlines.h"
#include "firmware/base/limits_clients.h"
#include "firmware/base/result.h"

namespace shosoin::gate {

struct Settings {
  std::string listen;       // "systemd" or "address:port"
  std::string certificate;  // PEM files
  std::string private_key;
  std::string client_ca;   // a file or a directory
  std::string client_crl;  // empty: no list is kept
  std::string vault_socket;
  std::vector<std::string> authority;
  unsigned threads = 2;
  unsigned connections = limits::kMaxHttpConnections;
  unsigned connections_per_address = limits::kConnectionsPerAddress;
  unsigned connections_per_certificate = limits::kConnectionsPerCertificate;
  Deadlines deadlines;  // no keys: what the product promises is not for settings to loosen
};

struct SettingsKey {
  std::string_view name, type, default_value;  // no default: the key is required
  std::string_view ja, en;
};
std::span<const SettingsKey> settings_keys();
std::string settings_help();

// Where a settings file went wrong: a line (0 = the file as a whole) and the name of a known key, if it is about one.
struct SettingsFault {
  unsigned line = 0;
  std::string_view key;
};
Result<Settings> parse_settings(std::string_view toml, SettingsFault& fault);
Result<Settings> load_settings(const std::string& path, SettingsFault& fault);

struct ListenAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};
Result<ListenAddress> parse_listen(std::string_view text);  // "127.0.0.1:8443", "[::1]:8443"

}  // namespace shosoin::gate
