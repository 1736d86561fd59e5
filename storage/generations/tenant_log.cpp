// The tenant's lines in the journal: month keys, boxing, order.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "crypto/box.h"
#include "firmware/base/log.h"
#include "storage/generations/layout.h"
#include "storage/generations/tenant_store.h"

namespace shosoin::generations {
namespace {

constexpr std::uint16_t kEntryFormat = 1;
constexpr std::size_t kEntryHead = 2 + 8 + 8;
constexpr std::size_t kEntryStep = 256;   // padding: a line tells its size class only
constexpr std::uint8_t kAccessClass = 0;  // retention class of the access log
constexpr int kMonthsAhead = 2;           // DESIGN 7

Bytes month_entry_key(unsigned month) { return Writer{}.u32(month).u8(kAccessClass).take(); }

// Sequence and time are settled with the line, by settle_log_entry.
Bytes encode_log_entry(const LogEntry& entry) {
  const std::size_t size = kEntryHead + 4 + entry.text.size();
  Bytes plain((size + kEntryStep - 1) / kEntryStep * kEntryStep, 0);
  std::ranges::copy(be(kEntryFormat), plain.begin());
  std::ranges::copy(be(static_cast<std::uint32_t>(entry.text.size())), plain.begin() + kEntryHead);
  if (!entry.text.empty()) std::memcpy(plain.data() + kEntryHead + 4, entry.text.data(), entry.text.size());
  return plain;
}
void settle_log_entry(Bytes& plain, std::uint64_t number_seq, Instant now) {
  const auto after = std::ranges::copy(be(number_seq), plain.begin() + 2).out;
  std::ranges::copy(be(static_cast<std::uint64_t>(now.time_since_epoch().count())), after);
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

struct SeqGap {
  std::uint64_t known_line, known_seq;  // of the last line that opens; 0, 0 where none does
  std::uint64_t last_line, seq;         // where the SEQ goes on
};

LogEntry gap_line(const SeqGap& gap) {
  return {.number_access = false,
          .text = fmt::format(R"({{"operation":"number-seq-gap","lastKnownSeq":{},"lastKnownLine":{},"firstUnreadableLine":{},)"
                              R"("lastUnreadableLine":{},"continuesAfterSeq":{}}})",
                              gap.known_seq, gap.known_line, gap.known_line + 1, gap.last_line, gap.seq),
          .declares_gap = true};
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
  return load_number_seq();
}

// The SEQ stands in the last line. Where the key of that is gone, the last one that does is looked for, and each line behind it is taken for
// an access: a line counts one at most, so no number is given twice (L-21, decision 0030).
Result<void> TenantStore::load_number_seq() {
  const auto lines = journal_.position(tenant_).line;
  if (lines == 0) return success();
  TRY(auto last, journal_.last_frame_of(tenant_));
  if (last) {
    auto entry = open_frame(*last);
    if (entry) {
      number_seq_ = entry.value().number_seq;
      return success();
    }
    if (entry.error().code() == ErrorCode::OutOfMemory) return entry.error();  // no gap was found
    if (entry.error().code() == ErrorCode::Integrity) return entry.error();  // the key is there and the line is not what was written
  }
  std::uint64_t known_line = 0, known_seq = 0;
  TRY(journal_.walk([&](const journal::Frame& frame) {
    if (frame.draft.tenant != tenant_) return true;
    if (auto entry = open_frame(frame)) {
      known_line = frame.draft.line;
      known_seq = entry.value().number_seq;
    }
    return true;
  }));
  number_seq_ = known_seq + (lines - known_line);
  gap_ = gap_line({.known_line = known_line, .known_seq = known_seq, .last_line = lines, .seq = number_seq_});
  oplog::warning("the last log lines of a tenant do not open: a gap in its SEQ is declared",
                 {"lines", static_cast<std::int64_t>(lines - known_line)});
  return success();
}

// What of a line does not depend on its number: made before the line is reserved, so that callers of one tenant do not wait
// for each other's derivations.
struct TenantStore::PreparedLine {
  unsigned month;
  MonthKeyId key;
  crypto::PreparedBox box;
  Bytes plain;
};

Result<TenantStore::PreparedLine> TenantStore::prepare_line(const LogEntry& entry) const {
  const unsigned month = tokyo_month(clock_.now());
  if (kEntryHead + 4 + entry.text.size() + kEntryStep + crypto::kBoxOverhead > limits::kMaxJournalEntry) {
    return Error{ErrorCode::TooLarge, "put an entry into the log"};
  }
  std::shared_lock lock(keys_);
  const auto found = month_keys_.find(month);
  if (found == month_keys_.end()) return Error{ErrorCode::Unavailable, "find the log key of this month"};
  return found->second.key.expose([&](auto key) {
    return PreparedLine{month, found->second.id, crypto::PreparedBox(key, crypto::BoxKind::LogFrame),
                        encode_log_entry(entry)};
  });
}

// A key that was learnt with a change is forgotten when the change fails: nothing is logged under it then.
bool TenantStore::still_known(const PreparedLine& prepared) const {
  std::shared_lock lock(keys_);
  const auto found = month_keys_.find(prepared.month);
  return found != month_keys_.end() && found->second.id == prepared.key;
}

Result<TenantStore::PendingFrame> TenantStore::begin_frame(std::uint64_t change_seq, const LogEntry& entry) {
  TRY(auto pending, draft_frame(change_seq, entry));
  TRY(journal_.has_room(pending.draft.boxed_entry.size()));
  TRY(journal_.wait(last_ticket_));
  return pending;
}

Result<TenantStore::PendingFrame> TenantStore::draft_frame(std::uint64_t change_seq, const LogEntry& entry) {
  TRY(still_here());
  TRY(auto prepared, prepare_line(entry));
  PendingFrame pending{std::unique_lock(line_), {}, entry.number_access, entry.declares_gap};
  if (gap_ && !entry.declares_gap) return Error{ErrorCode::Integrity, "log before the gap in the SEQ is declared"};
  const auto now = clock_.now();
  // The month may have ended meanwhile: who comes then asks again.
  TRY(still_here());
  if (tokyo_month(now) != prepared.month || !still_known(prepared)) {
    return Error{ErrorCode::Unavailable, "log under the key of this month"};
  }
  const auto line = journal_.position(tenant_).line + 1;
  settle_log_entry(prepared.plain, number_seq_ + (entry.number_access ? 1 : 0), now);
  auto boxed = std::move(prepared.box)
                   .seal({crypto::BoxKind::LogFrame, tenant_, prepared.key.bytes(), line, change_seq}, prepared.plain);
  memory::wipe(prepared.plain);
  pending.draft = {tenant_, line, change_seq, prepared.key, std::move(boxed)};
  return pending;
}

Result<journal::Journal::Ticket> TenantStore::finish_frame(PendingFrame pending) {
  TRY(auto ticket, journal_.enqueue(pending.draft));
  last_ticket_ = ticket;
  if (pending.number_access) ++number_seq_;
  if (pending.declares_gap) gap_.reset();
  return ticket;
}

Result<void> TenantStore::log(const LogEntry& entry) {
  TRY(const auto line, log_line(entry));
  (void)line;
  return success();
}

Result<TenantStore::BegunLine> TenantStore::begin_line(const LogEntry& entry) {
  TRY(auto pending, draft_frame(0, entry));
  const auto line = pending.draft.line;
  TRY(const auto ticket, finish_frame(std::move(pending)));
  return BegunLine{line, ticket};
}

// Only its own flush is waited for, not the lines before it: they stand earlier in the file and are durable with it.
Result<std::uint64_t> TenantStore::log_line(const LogEntry& entry) {
  TRY(const auto begun, begin_line(entry));
  TRY(journal_.wait(begun.ticket));
  return begun.line;
}

Result<StoredLogEntry> TenantStore::open_frame(const journal::Frame& frame) const {
  std::shared_lock lock(keys_);
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
    std::shared_lock lock(keys_);
    for (const auto& [month, key] : month_keys_) present.insert(month);
  }
  std::optional<LogEntry> gap;
  {
    std::unique_lock lock(line_);
    gap = gap_;
  }
  auto made = new_log_keys(present, clock_.now());
  if (made.empty()) return gap ? log(*gap) : success();
  const LogEntry line = gap ? *gap : LogEntry{false, R"({"operation":"log-keys-made"})"};
  TRY(change([&](std::uint64_t) -> Result<Change> {
    return Change{made, {}, {}, line};
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
