// Which months of the log there are, which one is written, and how they leave (L-15).
#include <algorithm>

#include "firmware/base/limits_log.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::generations {

unsigned TenantStore::writing_month() const { return std::max(tokyo_month(clock_.now()), accepted_month_.load()); }

std::vector<LogMonthId> TenantStore::log_months() const {
  std::vector<LogMonthId> out;
  std::shared_lock lock(keys_);
  for (const auto& [month, key] : month_keys_) out.push_back({month, key.id});
  return out;
}

Result<std::vector<LogMonth>> TenantStore::known_log_months() const {
  std::vector<LogMonth> out;
  Result<void> read = success();
  TRY(scan(TableId::LogMonths, {}, [&](const Entry& entry) {
    auto month = decode_log_month(entry);
    if (month) {
      out.push_back(std::move(month.value()));
    } else {
      read = month.error();
    }
    if (out.size() > limits::kMaxLogMonths) read = Error{ErrorCode::TooMany, "read so many months of the log"};
    return read.has_value();
  }));
  TRY(std::move(read));
  return out;
}

TenantStore::LogPosition TenantStore::log_position() const {
  std::unique_lock lock(line_);
  return {journal_.position(tenant_).line, number_seq_};
}

bool TenantStore::has_log_key(const MonthKeyId& key) const {
  std::shared_lock lock(keys_);
  return std::ranges::any_of(month_keys_, [&](const auto& one) { return one.second.id == key; });
}

// Until accepted time is known no line goes into a month before that of the last one.
void TenantStore::note_month_of(const MonthKeyId& key) {
  for (const auto& id : log_months()) {
    if (id.key == key) log_from(id.month);
  }
}

Result<TenantStore::KeyOfFrame> TenantStore::key_of_frame(const MonthKeyId& key) const {
  if (has_log_key(key)) return KeyOfFrame::Here;
  TRY(const auto months, known_log_months());
  const auto erased = [&](const LogMonth& month) { return month.erased && month.id.key == key; };
  if (std::ranges::any_of(months, erased)) return KeyOfFrame::Erased;
  return Error{ErrorCode::Integrity, "find the key of a log month that no erasure explains"};
}

// Early for everybody, whatever was decided above: a line must not lose its key while it is written.
Result<void> TenantStore::note_closed_months(const RebuildPlan& plan, StagedGeneration& staged) const {
  for (const auto& entry : plan.additions) {
    if (entry.key.table != TableId::LogKeys || entry.value) continue;
    const auto month = month_in(entry.key);
    ENSURE(month.has_value());
    if (*month >= writing_month())
      return Error{ErrorCode::TooEarly, "erase the month of the log that is being written"};
    staged.closed_months.insert(*month);
  }
  return success();
}

void TenantStore::forget_log_keys(const std::set<unsigned>& months) {
  std::unique_lock lock(keys_);
  for (const auto month : months) month_keys_.erase(month);
}

}  // namespace shosoin::generations
