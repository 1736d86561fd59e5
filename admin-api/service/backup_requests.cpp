// Backups while the vault serves, and what a restore could not bring back.
#include <boost/json/array.hpp>
#include <set>

#include "admin-api/service/handlers.h"
#include "admin-api/service/restore.h"
#include "firmware/base/limits_backup.h"
#include "storage/backup/backup.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

}  // namespace

// One person is enough: it holds ciphertext, and what opens it dies with the next batch.
Answer backup_create(Parts& parts, Context& context) {
  TRY(room_for_backup(parts.settings));
  TRY(const auto created, backup::create(parts.appliance, parts.settings.data_directory,
                                         parts.settings.state_copy_directory / "backups", parts.clock.now()));
  std::uint64_t bytes = 0;
  for (const auto& file : created.manifest.files) bytes += file.size;
  json::array left_out;
  for (const auto& tenant : created.left_out) {
    const auto facts = parts.tenants.facts(tenant);
    left_out.emplace_back(facts ? facts->code : tenant.hex());
  }
  context.target["backupDigest"] = to_hex(created.digest);
  context.target["backup"] = created.directory.filename().string();
  return json::object{{"directory", created.directory.string()},
                      {"backupDigest", to_hex(created.digest)},
                      {"madeAt", to_iso8601(created.manifest.made_at)},
                      {"epoch", created.manifest.epoch},
                      {"tenants", created.manifest.tenants.size() - 1},
                      {"files", created.manifest.files.size()},
                      {"bytes", bytes},
                      {"leftOut", std::move(left_out)}};
}

// For those who decide what becomes of them: random ids and files, never what a record said.
Answer lost_records(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(may_see_certificates(context));
  std::set<RecordId> lost;
  TRY(store->scan(TableId::Lost, {}, [&](const Entry& entry) {
    const auto record = generations::record_of(entry.key);
    if (record && *record != RecordId{}) lost.insert(*record);
    return lost.size() <= limits::kMaxLostListed;
  }));
  json::array records;
  for (const auto& id : lost) {
    if (records.size() == limits::kMaxLostListed) break;
    TRY(const auto entry, store->get({TableId::Records, copy_of(id.view())}));
    if (!entry) continue;
    TRY(const auto record, generations::decode_record_entry(*entry));
    records.push_back(json::object{{"recordId", id.hex()}, {"recordFile", record.file}});
  }
  context.target["count"] = records.size();
  return json::object{{"lostRecords", std::move(records)}, {"more", lost.size() > limits::kMaxLostListed}};
}

}  // namespace shosoin::service
