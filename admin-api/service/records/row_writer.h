// What an import writes while it is received: encrypted rows ahead of the change that names them, in groups, and the
// entries it will add, sorted beyond memory. A group is written on a thread of its own while the next one is collected;
// no more than two are in memory. One thread at a time.
#pragma once

#include <bitset>
#include <future>
#include <optional>

#include "admin-api/service/context.h"
#include "crypto/row.h"
#include "storage/generations/entry_sorter.h"

namespace shosoin::service {

class RowWriter {
 public:
  explicit RowWriter(TenantStore& store);
  ~RowWriter();  // waits for what is being written
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  // Where the rows of the group that is collected stand in the table: two random bytes in front of the random rest of
  // their ids. Its rows are neighbours, so that a page is written once; where a group stands, and the order in it,
  // tells nothing of the file's order.
  std::uint16_t place() const noexcept { return place_; }
  // Its key is named by an entry that follows; it is encrypted by the thread that writes it.
  struct Row {
    RowId id;
    crypto::DrawnRow drawn;
  };
  void add(Row row) { group_.rows.push_back(std::move(row)); }
  void add(Entry entry) { group_.entries.push_back(std::move(entry)); }
  // After each row of the file: begins to write once a group is full. An error of the group before comes back here;
  // after one, nothing is written any more. If power goes: rows no entry names, dropped by their sequence at the next
  // opening.
  Result<void> pause();
  Result<void> flush();  // everything is written when it returns
  void stop() noexcept;  // nothing is being written when it returns; what was collected is forgotten
  generations::EntrySorter& entries() { return *sorter_; }  // after flush()

 private:
  struct Group {
    std::vector<Row> rows;
    std::vector<Entry> entries;
  };
  void draw_place();
  Result<void> settle();
  Result<void> write(Group& group);

  TenantStore& store_;
  std::unique_ptr<generations::EntrySorter> sorter_;
  Group group_, under_way_;
  std::uint16_t place_ = 0;
  std::bitset<1u << 16> places_;  // that groups of this import have: two million rows take 3,000 at most
  std::optional<Error> failed_;
  std::future<Result<void>> writing_;  // last: waited for before anything above goes
};

}  // namespace shosoin::service
