// What a backup says about itself: its files with their digests, and where the sequences stood (format page:
// backup.md). Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/clock.h"
#include "firmware/base/ids.h"
#include "firmware/base/result.h"

namespace shosoin::backup {

inline constexpr std::string_view kManifestFile = "manifest";

struct FileFacts {
  std::string name;  // below the backup; one of the places of backup.md and no other
  std::uint64_t size = 0;
  Digest digest{};  // SHA-256
};
struct TenantSequence {
  TenantId tenant;
  std::uint64_t seq = 0;  // last change_seq in its environment, at least
};
struct Manifest {
  Instant made_at{};
  std::uint64_t epoch = 0;
  Digest chain{};                       // X of that epoch
  std::vector<TenantSequence> tenants;  // ascending, the appliance first
  std::vector<FileFacts> files;         // ascending by name
};
Bytes encode_manifest(const Manifest& manifest);
// InvalidContent: damaged, another format, out of order, a name that is no place of a backup, bytes left over.
Result<Manifest> decode_manifest(ByteView bytes);
Digest digest_of(ByteView encoded);  // the backup digest: its last 32 bytes

// The first file that a restore cannot do without and the manifest does not name: the appliance's, provisioning.json, each named tenant's.
std::optional<std::string> missing_in(const Manifest& manifest);

// appliance/data.mdb, tenants/<32 hex digits>/data.mdb, journal/<8 digits>.jnl, provisioning.json, terminal-ca.pem.
bool is_place(std::string_view name);

}  // namespace shosoin::backup
