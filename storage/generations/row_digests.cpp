#include "storage/generations/row_digests.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "crypto/hash.h"
#include "firmware/base/limits_batch.h"
#include "firmware/base/log.h"
#include "storage/generations/layout.h"

namespace shosoin::generations {
namespace {

// In the order of their ids, as they lie on the disk.
Result<std::map<RowId, Digest>> digests_of(engine::Environment& environment, const std::vector<RowId>& rows) {
  std::map<RowId, Digest> digests;
  TRY(const auto reading, environment.read());
  for (const auto& row : rows) {
    TRY(const auto bytes, reading->get(kRows, row.view()));
    if (bytes) digests.emplace_hint(digests.end(), row, crypto::sha256(*bytes));
  }
  return digests;
}

}  // namespace

void RowDigests::start(const std::vector<RemovedRow>& removed) {
  if (std::exchange(started_, true)) return;
  std::vector<RowId> rows;
  for (const auto& one : removed) {
    if (ordered_.contains(one.record)) rows.push_back(one.row);
  }
  if (rows.size() < limits::kLookedAtAlone) return;
  std::ranges::sort(rows);
  try {
    found_ = std::async(std::launch::async, [this, rows = std::move(rows)] { return digests_of(environment_, rows); });
  } catch (const std::system_error&) {
    oplog::warning("No thread for hashing ahead: rows that go are hashed while writers wait");
  }
}

Result<std::map<RowId, Digest>> RowDigests::finish() {
  if (!found_.valid()) return std::map<RowId, Digest>{};
  return found_.get();
}

}  // namespace shosoin::generations
