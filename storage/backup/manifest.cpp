#include "storage/backup/manifest.h"

#include <algorithm>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_backup.h"

namespace shosoin::backup {
namespace {

constexpr std::string_view kMagic = "shosoin-backup";
constexpr std::uint16_t kFormat = 1;
constexpr std::size_t kDigestSize = std::tuple_size_v<Digest>;

bool all_of(std::string_view text, std::size_t size, std::string_view letters) {
  return text.size() == size && text.find_first_not_of(letters) == std::string_view::npos;
}

template <class Items, class Less>
bool ascends(const Items& items, Less less) {
  return std::ranges::adjacent_find(items, [&](const auto& a, const auto& b) { return !less(a, b); }) == items.end();
}

}  // namespace

bool is_place(std::string_view name) {
  constexpr std::string_view kTenants = "tenants/", kData = "/data.mdb", kJournal = "journal/", kSegment = ".jnl";
  if (name == "appliance/data.mdb" || name == "provisioning.json" || name == "terminal-ca.pem") return true;
  if (name.starts_with(kTenants) && name.ends_with(kData) && name.size() > kTenants.size() + kData.size()) {
    return all_of(name.substr(kTenants.size(), name.size() - kTenants.size() - kData.size()), 2 * TenantId::kSize,
                  "0123456789abcdef");
  }
  if (name.starts_with(kJournal) && name.ends_with(kSegment) && name.size() > kJournal.size() + kSegment.size()) {
    return all_of(name.substr(kJournal.size(), name.size() - kJournal.size() - kSegment.size()), 8, "0123456789");
  }
  return false;
}

std::optional<std::string> missing_in(const Manifest& manifest) {
  std::vector<std::string> needed{"provisioning.json"};
  for (const auto& [tenant, seq] : manifest.tenants) {
    needed.push_back(tenant == TenantId{} ? "appliance/data.mdb" : "tenants/" + tenant.hex() + "/data.mdb");
  }
  for (auto& name : needed) {
    if (std::ranges::find(manifest.files, name, &FileFacts::name) == manifest.files.end()) return std::move(name);
  }
  return std::nullopt;
}

Bytes encode_manifest(const Manifest& manifest) {
  Writer out;
  out.raw(view_of(kMagic)).u16(kFormat).u64(static_cast<std::uint64_t>(manifest.made_at.time_since_epoch().count()));
  out.u64(manifest.epoch).raw(manifest.chain);
  out.u32(static_cast<std::uint32_t>(manifest.tenants.size()));
  for (const auto& tenant : manifest.tenants) out.raw(tenant.tenant.view()).u64(tenant.seq);
  out.u32(static_cast<std::uint32_t>(manifest.files.size()));
  for (const auto& file : manifest.files) out.text16(file.name).u64(file.size).raw(file.digest);
  const auto digest = crypto::sha256(out.bytes());
  return out.raw(digest).take();
}

Result<Manifest> decode_manifest(ByteView bytes) {
  const Error broken{ErrorCode::InvalidContent, "read the manifest of a backup"};
  if (bytes.size() < kDigestSize) return broken;
  const auto body = bytes.first(bytes.size() - kDigestSize);
  if (!equal(crypto::sha256(body), bytes.last(kDigestSize))) return broken;
  Reader in(body);
  if (text_of(in.raw(kMagic.size())) != kMagic || in.u16() != kFormat) return broken;
  Manifest manifest;
  manifest.made_at = Instant{std::chrono::milliseconds(static_cast<std::int64_t>(in.u64()))};
  manifest.epoch = in.u64();
  manifest.chain = in.fixed<32>();
  const auto tenants = in.u32();
  if (tenants > limits::kMaxTenants + 1) return broken;
  for (std::uint32_t i = 0; i < tenants && !in.failed(); ++i) {
    const TenantId tenant(in.fixed<16>());
    manifest.tenants.push_back({tenant, in.u64()});
  }
  const auto files = in.u32();
  if (files > limits::kMaxBackupFiles) return broken;
  for (std::uint32_t i = 0; i < files && !in.failed(); ++i) {
    FileFacts file{in.text16(limits::kMaxBackupName), 0, {}};
    file.size = in.u64();
    file.digest = in.fixed<32>();
    if (!is_place(file.name)) return broken;
    manifest.files.push_back(std::move(file));
  }
  if (in.failed() || in.left() != 0) return broken;
  const bool ordered = ascends(manifest.tenants, [](const auto& a, const auto& b) { return a.tenant < b.tenant; }) &&
                       ascends(manifest.files, [](const auto& a, const auto& b) { return a.name < b.name; });
  if (!ordered || manifest.tenants.empty() || manifest.tenants.front().tenant != TenantId{}) return broken;
  return manifest;
}

Digest digest_of(ByteView encoded) {
  ENSURE(encoded.size() >= kDigestSize);
  Digest digest{};
  std::ranges::copy(encoded.last(kDigestSize), digest.begin());
  return digest;
}

}  // namespace shosoin::backup
