#include "admin-api/service/records/record_versions.h"

#include <algorithm>
#include <map>

#include "admin-api/service/records/search_keys.h"

namespace shosoin::service {
namespace {

bool is_version_of(const generations::RecordEntry& other, const generations::RecordEntry& entry) {
  return other.file == entry.file && other.group == entry.group && other.integrated == entry.integrated;
}
bool supersedes(const generations::RecordEntry& other, const generations::RecordEntry& entry) {
  return is_version_of(other, entry) && other.version > entry.version;
}

Result<std::vector<RecordId>> records_of_subject(const TenantStore& store, const generations::RecordEntry& entry) {
  std::vector<RecordId> ids;
  Result<void> read = success();
  TRY(store.scan(TableId::SubjectLinks, addressee_bytes(entry.integrated), [&](const Entry& link) {
    auto id = RecordId::from(ByteView(link.key.bytes).last(RecordId::kSize));
    if (!id) {
      read = id.error();
      return false;
    }
    ids.push_back(id.value());
    return true;
  }));
  TRY(std::move(read));
  return ids;
}

}  // namespace

Result<bool> is_provided(ConfirmedImports& confirmed, const generations::RecordEntry& entry) {
  using enum generations::Identification;
  if (entry.identification == Waiting || entry.identification == Rejected) return false;
  return confirmed.contains(entry.import);
}

Result<Hit> newest_of(const TenantStore& store, ConfirmedImports& confirmed, Hit hit) {
  TRY(const auto ids, records_of_subject(store, hit.entry));
  for (const auto& id : ids) {
    TRY(auto entry, find_record(store, id));
    if (!entry || !supersedes(*entry, hit.entry)) continue;
    TRY(const bool provided, is_provided(confirmed, *entry));
    if (provided) hit = {id, std::move(*entry)};
  }
  return hit;
}

Result<std::vector<RecordId>> earlier_than(const TenantStore& store, ConfirmedImports& confirmed,
                                           const generations::RecordEntry& entry) {
  std::map<std::uint32_t, RecordId> earlier;
  TRY(const auto ids, records_of_subject(store, entry));
  for (const auto& id : ids) {
    TRY(const auto other, find_record(store, id));
    if (!other || !supersedes(entry, *other)) continue;
    TRY(const bool provided, is_provided(confirmed, *other));
    if (provided) earlier.emplace(other->version, id);
  }
  std::vector<RecordId> out;
  for (const auto& [version, id] : earlier) out.push_back(id);
  return out;
}

Result<std::vector<Hit>> provided_versions(const TenantStore& store, ConfirmedImports& confirmed,
                                           const generations::RecordEntry& entry) {
  std::vector<Hit> versions;
  if (entry.integrated.empty()) return versions;
  TRY(const auto ids, records_of_subject(store, entry));
  for (const auto& id : ids) {
    TRY(auto other, find_record(store, id));
    if (!other || !is_version_of(*other, entry)) continue;
    TRY(const bool provided, is_provided(confirmed, *other));
    if (provided) versions.push_back({id, std::move(*other)});
  }
  std::ranges::sort(versions, {}, [](const Hit& hit) { return hit.entry.version; });
  return versions;
}

Result<std::optional<RecordId>> earlier_left_by(const TenantStore& store, ConfirmedImports& confirmed,
                                                const RecordId& id, const std::set<RecordId>& together) {
  TRY(const auto entry, find_record(store, id));
  if (!entry || entry->version < 2) return std::optional<RecordId>{};
  TRY(const auto ids, records_of_subject(store, *entry));
  for (const auto& other : ids) {
    if (together.contains(other)) continue;
    TRY(const auto earlier, find_record(store, other));
    if (!earlier || !supersedes(*entry, *earlier)) continue;
    if (earlier->identification == generations::Identification::Rejected) continue;
    TRY(const bool seen, confirmed.contains(earlier->import));
    if (seen) return std::optional(other);
  }
  return std::optional<RecordId>{};
}

Result<std::optional<RecordId>> earlier_left_by(const TenantStore& store, const std::set<RecordId>& records) {
  ConfirmedImports confirmed(store);
  for (const auto& id : records) {
    TRY(const auto left, earlier_left_by(store, confirmed, id, records));
    if (left) return left;
  }
  return std::optional<RecordId>{};
}

void keep_newest(std::vector<Hit>& hits) {
  if (hits.size() < 2) return;
  std::map<std::pair<std::uint16_t, std::string>, std::uint32_t> newest;
  for (const auto& hit : hits) {
    auto& version = newest[{hit.entry.group, hit.entry.integrated}];
    version = std::max(version, hit.entry.version);
  }
  std::erase_if(hits, [&](const Hit& hit) {
    return hit.entry.version < newest.at({hit.entry.group, hit.entry.integrated});
  });
  std::ranges::sort(hits, {}, &Hit::order);
  const auto again = std::ranges::unique(hits, {}, &Hit::id);
  hits.erase(again.begin(), again.end());
}

}  // namespace shosoin::service
