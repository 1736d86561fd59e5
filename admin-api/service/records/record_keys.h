// What a record is found by, and how its rows are made: the same when it comes with an import and when its characters
// have been identified. Any thread.
#pragma once

#include "admin-api/service/records/import_rows.h"
#include "admin-api/service/records/search_keys.h"

namespace shosoin::service {

// 宛名番号: of the table's own item, else of the column in front; none where the row has neither.
std::optional<std::string> addressee_in(ImportTarget target, const files::RecordInput& record);
// What tells in a table of one row per person that the subject is there: 住民票コード, else 個人番号, else 宛名番号.
std::optional<SearchKey> subject_key(const TenantStore& store, ImportTarget target, const files::RecordInput& record);
// Of a table about no person: the key of its list, and no other.
std::vector<Entry> record_keys(const TenantStore& store, ImportTarget target, const files::RecordInput& record,
                               const RecordId& id, const std::string& addressee);

struct MadeRow {
  generations::NewRow row;
  generations::RowPlace place;
};
// Begins with the change that brings the row. place: the first two random bytes, for rows that are written together.
RowId new_row_id(std::uint64_t seq, std::optional<std::uint16_t> place = {});
MadeRow new_row(const TenantId& tenant, std::uint64_t seq, ByteView plain);  // encrypted under a key of its own

}  // namespace shosoin::service
