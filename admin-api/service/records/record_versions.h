// Which records of a search are told: confirmed ones, and of the versions of one record the newest (decision 0054).
// Versions have record ids of their own and share file, table and 団体内統合宛名番号. Any thread.
#pragma once

#include <set>
#include <tuple>

#include "admin-api/service/records/imports.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

struct Hit {
  RecordId id;
  generations::RecordEntry entry;
  // A person's rows table by table, as they stood in their files.
  auto order() const { return std::tuple(entry.group, entry.addressee, entry.import, entry.row, id); }
};

// Confirmed, and nothing in it waits for 文字同定: anything else is never provided (D-06).
Result<bool> is_provided(ConfirmedImports& confirmed, const generations::RecordEntry& entry);
// The newest version that may be provided: of a record in a table of one row per person, whose name and 個人番号 may
// have been others, or none, when this version came.
Result<Hit> newest_of(const TenantStore& store, ConfirmedImports& confirmed, Hit hit);
// Ids of the versions before it that may be provided, oldest first: each is told, and erased, by its own.
Result<std::vector<RecordId>> earlier_than(const TenantStore& store, ConfirmedImports& confirmed,
                                           const generations::RecordEntry& entry);
// All its versions that may be provided, itself among them if it may, oldest first.
Result<std::vector<Hit>> provided_versions(const TenantStore& store, ConfirmedImports& confirmed,
                                           const generations::RecordEntry& entry);
// A confirmed earlier version that is none of those that go with this one: it would stay behind as if it were the
// newest (decision 0075). The second: of any of the records, which go together.
Result<std::optional<RecordId>> earlier_left_by(const TenantStore& store, ConfirmedImports& confirmed,
                                                const RecordId& id, const std::set<RecordId>& together);
Result<std::optional<RecordId>> earlier_left_by(const TenantStore& store, const std::set<RecordId>& records);
// Takes out repetitions and earlier versions.
void keep_newest(std::vector<Hit>& hits);

}  // namespace shosoin::service
