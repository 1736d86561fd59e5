// The tenant's lines in the journal: month keys, boxing, order.
#include "crypto/box.h"
#include "firmware/base/log.h"
#include "storage/generations/layout.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::generations {
namespace {

constexpr std::uint16_t kEntryFormat = 1;
constexpr std::size_t kEntryStep = 256;   // padding: a line tells its size class only
constexpr std::uint8_t kAccessClass = 0;  // retention class of the access log
constexpr int kMonthsAhead = 2;           // DESIGN 7

Bytes month_entry_key(unsigned month) { return Writer{}.u32(month).u8(kAccessClass).take(); }

Bytes encode_log_entry(const LogEntry& entry, std::uint64_t number_seq, Instant now) {
  Writer out;
  out.u16(kEntryFormat).u64(number_seq).u64(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  out.blob32(view_of(entry.text));
  auto plain = out.take();
  plain.resize((plain.size() + kEntryStep - 1) / kEntryStep * kEntryStep, 0);
  return plain;
}

Result<StoredLogEntry> decode_log_entry(ByteView plain) {
  Reader in(plain);
  const auto format = in.u16();
  StoredLogEntry entry;
  entry.number_seq = in.u64();
  entry.time = Instant{std::chrono::milliseconds(static_cast<std::int64_t>(in.u64()))};
  entry.text = std::string(text_of(in.blob32(limits::kMaxJournalEntry)));
  in.raw(in.left());
  TRY(in.finish("read a log entry"));
  if (format != kEntryFormat) return Error{ErrorCode::Integrity, "read a log entry of another format", format};
  return entry;
}

}  // namespace

void TenantStore::learn_log_key(const Entry& entry) {
  Reader key(entry.key.bytes);
  const unsigned month = key.u32();
  std::unique_lock lock(keys_);
  if (!entry.value) {
    month_keys_.erase(month);
    return;
  }
  Reader value(*entry.value);
  auto id = value.fixed<16>();
  auto bytes = value.raw(LogMonthKey::kSize);
  ENSURE(!key.failed() && !value.failed());
  month_keys_.insert_or_assign(month, MonthKey{MonthKeyId(id), LogMonthKey::copy_from(bytes.first<LogMonthKey::kSize>())});
}

Result<void> TenantStore::load_log_state() {
  TRY(scan(TableId::LogKeys, {}, [&](const Entry& entry) {
    learn_log_key(entry);
    return true;
  }));
  TRY(auto last, journal_.last_frame_of(tenant_));
  if (last) {
    auto entry = open_frame(*last);
    if (entry) {
      number_seq_ = entry.value().number_seq;
    } else if (entry.error().code() == ErrorCode::Integrity) {
      return entry.error();
    } else {
      oplog::failure("the last log line of a tenant does not open; its SEQ starts anew", entry.error());
    }
  }
  return success();
}

Result<Bytes> TenantStore::box_log_entry(const MonthKey& key, std::uint64_t line, std::uint64_t change_seq,
                                         const LogEntry& entry, std::uint64_t number_seq) const {
  const auto plain = encode_log_entry(entry, number_seq, clock_.now());
  if (plain.size() + crypto::kBoxOverhead > limits::kMaxJournalEntry) {
    return Error{ErrorCode::TooLarge, "put an entry into the log"};
  }
  return crypto::seal_box(key.key, {crypto::BoxKind::LogFrame, tenant_, key.id.bytes(), line, change_seq}, plain);
}

Result<TenantStore::PendingFrame> TenantStore::begin_frame(std::uint64_t change_seq, const LogEntry& entry) {
  TRY(auto pending, draft_frame(change_seq, entry));
  TRY(journal_.has_room(pending.draft.boxed_entry.size()));
  TRY(journal_.wait(last_ticket_));
  return pending;
}

Result<TenantStore::PendingFrame> TenantStore::draft_frame(std::uint64_t change_seq, const LogEntry& entry) {
  PendingFrame pending{std::unique_lock(line_), {}, entry.number_access};
  const auto line = journal_.position(tenant_).line + 1;
  std::unique_lock lock(keys_);
  auto key = month_keys_.find(tokyo_month(clock_.now()));
  if (key == month_keys_.end()) return Error{ErrorCode::Unavailable, "find the log key of this month"};
  const auto number_seq = number_seq_ + (entry.number_access ? 1 : 0);
  TRY(auto boxed, box_log_entry(key->second, line, change_seq, entry, number_seq));
  pending.draft = {tenant_, line, change_seq, key->second.id, std::move(boxed)};
  return pending;
}

Result<journal::Journal::Ticket> TenantStore::finish_frame(PendingFrame pending) {
  TRY(auto ticket, journal_.enqueue(pending.draft));
  last_ticket_ = ticket;
  if (pending.number_access) ++number_seq_;
  return ticket;
}

Result<void> TenantStore::log(const LogEntry& entry) {
  TRY(auto pending, draft_frame(0, entry));
  TRY(auto ticket, finish_frame(std::move(pending)));
  return journal_.wait(ticket);
}

Result<StoredLogEntry> TenantStore::open_frame(const journal::Frame& frame) const {
  std::unique_lock lock(keys_);
  for (const auto& [month, key] : month_keys_) {
    if (key.id != frame.draft.month_key) continue;
    TRY(auto plain, crypto::open_box(key.key,
                                     {crypto::BoxKind::LogFrame, tenant_, key.id.bytes(), frame.draft.line,
                                      frame.draft.change_seq},
                                     frame.draft.boxed_entry));
    return decode_log_entry(plain);
  }
  return Error{ErrorCode::NotFound, "find the key of a log month"};
}

std::vector<Entry> new_log_keys(const std::set<unsigned>& present, Instant now) {
  std::vector<Entry> made;
  unsigned month = tokyo_month(now);
  for (int ahead = 0; ahead <= kMonthsAhead; ++ahead, month = next_month(month)) {
    if (present.contains(month)) continue;
    Bytes value = copy_of(MonthKeyId::random().view());
    LogMonthKey::random().expose([&](auto bytes) { append(value, bytes); });
    made.push_back({{TableId::LogKeys, month_entry_key(month)}, std::move(value)});
  }
  return made;
}

Result<void> TenantStore::ensure_log_keys() {
  std::set<unsigned> present;
  {
    std::unique_lock lock(keys_);
    for (const auto& [month, key] : month_keys_) present.insert(month);
  }
  auto made = new_log_keys(present, clock_.now());
  if (made.empty()) return success();
  TRY(change([&](std::uint64_t) -> Result<Change> {
    return Change{made, {}, {}, {false, R"({"operation":"log-keys-made"})"}};
  }));
  return success();
}

Result<std::set<TenantId>> replay_outbox(engine::Environment& environment, journal::Journal& journal) {
  std::vector<journal::Draft> missing;
  std::set<TenantId> waiting;
  {
    TRY(auto transaction, environment.read());
    Result<void> read = success();
    TRY(scan_plain(*transaction, kOutbox, {}, [&](ByteView, ByteView value) {
      auto draft = journal::decode_draft(value);
      if (!draft) {
        read = draft.error();
        return false;
      }
      if (draft.value().line > journal.position(draft.value().tenant).line) missing.push_back(std::move(draft.value()));
      return missing.size() <= limits::kMaxJournalReplay;
    }));
    TRY(std::move(read));
  }
  for (const auto& draft : missing) {
    const auto here = journal.position(draft.tenant).line;
    if (draft.line <= here) continue;
    if (draft.line != here + 1) {
      waiting.insert(draft.tenant);
      continue;
    }
    TRY(journal.append(draft));
  }
  return waiting;
}

}  // namespace shosoin::generations
