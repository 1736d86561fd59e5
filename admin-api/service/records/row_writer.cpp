#include "admin-api/service/records/row_writer.h"

#include <algorithm>
#include <system_error>

#include "firmware/base/limits.h"
#include "firmware/base/log.h"

namespace shosoin::service {

RowWriter::RowWriter(TenantStore& store) : store_(store), sorter_(store.sorter()) { draw_place(); }
RowWriter::~RowWriter() { stop(); }

void RowWriter::draw_place() {
  if (places_.count() > places_.size() / 2) places_.reset();  // two groups in one place are only slower
  do {
    std::array<std::uint8_t, 2> random{};
    fill_random(random);
    place_ = from_be<std::uint16_t>(random);
  } while (places_.test(place_));
  places_.set(place_);
}

// By id: neighbours in the table are written one after the other.
Result<void> RowWriter::write(Group& group) {
  std::ranges::sort(group.rows, {}, &Row::id);
  std::vector<generations::NewRow> rows;
  rows.reserve(group.rows.size());
  for (auto& row : group.rows) rows.push_back({row.id, std::move(row.drawn).encrypt({store_.tenant(), row.id})});
  group.rows.clear();
  if (!rows.empty()) {
    TRY(store_.write_rows_ahead(rows));
  }
  for (const auto& entry : group.entries) {
    TRY(sorter_->add(entry));
  }
  group.entries.clear();
  return success();
}

Result<void> RowWriter::settle() {
  if (writing_.valid()) {
    auto written = writing_.get();
    if (!written) failed_ = written.error();
  }
  return failed_ ? Result<void>(*failed_) : success();
}

Result<void> RowWriter::pause() {
  if (group_.rows.size() < limits::kImportRowGroup) return success();
  TRY(settle());
  std::swap(group_, under_way_);
  draw_place();
  // std::system_error where the system has no thread to give: then the group is written here, only slower.
  try {
    writing_ = std::async(std::launch::async, [this] { return write(under_way_); });
    return success();
  } catch (const std::system_error&) {
    oplog::warning("No thread for writing ahead: an import goes on without one");
  }
  auto written = write(under_way_);
  if (!written) failed_ = written.error();
  return written;
}

Result<void> RowWriter::flush() {
  TRY(settle());
  return write(group_);
}

void RowWriter::stop() noexcept {
  if (writing_.valid()) writing_.wait();
  group_ = {};
}

}  // namespace shosoin::service
