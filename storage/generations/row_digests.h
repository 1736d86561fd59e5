// Rows of records that are ordered to go, read and hashed on a second thread while the rest of a snapshot is written. A
// row never changes. Where there is no thread to have, or only few rows, there are no digests: whoever needs one reads
// the row. One thread.
#pragma once

#include <future>
#include <map>
#include <set>

#include "storage/generations/tenant_store.h"

namespace shosoin::generations {

class RowDigests {
 public:
  RowDigests(engine::Environment& environment, const std::set<RecordId>& ordered)
      : environment_(environment), ordered_(ordered) {}
  // The first time only. Of all rows that leave, it takes those of ordered records.
  void start(const std::vector<RemovedRow>& removed);
  Result<std::map<RowId, Digest>> finish();  // without rows that are missing

 private:
  engine::Environment& environment_;
  const std::set<RecordId>& ordered_;
  bool started_ = false;
  std::future<Result<std::map<RowId, Digest>>> found_;  // its end waits for the thread
};

}  // namespace shosoin::generations
