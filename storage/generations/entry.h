// Entries of a generation: everything that names a subject or opens a record is one (table id, key bytes) -> value, and stands only
// inside boxes (format page: storage/generations/generations.md). Values; any thread.
#pragma once

#include <compare>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/codec.h"
#include "firmware/base/ids.h"
#include "firmware/base/result.h"

namespace shosoin::generations {

// Frozen numbers. The sort order matters: Records comes first, so that one ascending pass learns which records go before it meets
// what refers to them.
enum class TableId : std::uint16_t {
  Records = 1,      // record id -> where the rows are and the keys that open them
  SearchKeys = 2,   // kind u8 || search bytes || record id -> empty
  Due = 3,          // day u32 || record id -> record file
  SubjectLinks = 4, // addressee number || 0x00 || record id -> empty
  Imports = 5,      // import id -> state
  Approvals = 6,    // erasure requests and other things one asks and another approves
  Holds = 7,
  Idempotency = 8,  // person || key -> reply, no personal data
  LogKeys = 9,      // month u32 || class u8 -> month-key id || key
  Facts = 10,       // name -> value: settings and facts of the tenant
  Erased = 11,      // record id -> certificate serial; random ids only
  Addressees = 12,  // HMAC of 個人番号 -> 団体内統合宛名番号
  Rules = 13,       // record file key || 0x00 || version u16 -> rule of retention
  Terms = 14,       // record id -> until when it is kept, and by which rule (storage/retention/term.md)
  Quarantine = 15,  // import id || kind u8 || what follows: 1 record id -> what waits for 文字同定; 2 row u64 || record id -> 変換記録
  NumberHistory = 16,  // 団体内統合宛名番号 || 0x00 || change id -> a change of the 個人番号 (number_history.h)
  Lost = 17,        // row id || record id -> lost at(8): a row that a restore could not bring back
  // tenant zero only
  RemovedTenants = 20,  // tenant id -> what stays known of a tenant that was removed (storage/erasure/epochs.md)
  People = 32,      // person id -> credentials
  Terminals = 33,   // certificate fingerprint -> terminal
  Sessions = 34,    // token hash -> session
  Tenants = 35,     // tenant id -> code, name, sealed object, its authorisation value
  SigningKeys = 36, // name -> Ed25519 seed
  Certificates = 37,// serial -> boxed body as fixed before the destruction
  Definitions = 38, // record file key || 0x00 || version u16 -> definition that two persons added
};

struct EntryKey {
  TableId table;
  Bytes bytes;
  auto operator<=>(const EntryKey&) const = default;
};
struct Entry {
  EntryKey key;
  std::optional<Bytes> value;  // none = the entry is taken away (delta and merge only)
};

// A pull source of entries in ascending, unique key order.
class EntrySource {
 public:
  virtual ~EntrySource() = default;
  virtual Result<std::optional<Entry>> next() = 0;
};
class VectorSource final : public EntrySource {
 public:
  explicit VectorSource(std::vector<Entry> sorted) : entries_(std::move(sorted)) {}
  Result<std::optional<Entry>> next() override;

 private:
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
};
// Later sources win over earlier ones; entries taken away do not come out.
class MergedSource final : public EntrySource {
 public:
  static Result<std::unique_ptr<MergedSource>> create(std::vector<std::unique_ptr<EntrySource>> sources);
  Result<std::optional<Entry>> next() override;
  Result<std::optional<Entry>> next_change();  // the same, with the entries that are taken away

 private:
  explicit MergedSource(std::vector<std::unique_ptr<EntrySource>> sources);
  std::vector<std::unique_ptr<EntrySource>> sources_;
  std::vector<std::optional<Entry>> heads_;
};

// The record an entry belongs to, if it belongs to one: such entries leave with their record.
std::optional<RecordId> record_of(TableId table, ByteView key);
inline std::optional<RecordId> record_of(const EntryKey& key) { return record_of(key.table, key.bytes); }

// Entries in the bytes of a block, one after the other and without copies; the views are valid as long as the bytes.
class EntryReader {
 public:
  explicit EntryReader(ByteView bytes) noexcept : all_(bytes), in_(bytes) {}
  bool next() noexcept;                    // false at a zero table id (padding), at the end, and when the bytes are broken
  TableId table() const noexcept { return table_; }
  ByteView key() const noexcept { return key_; }
  std::optional<ByteView> value() const noexcept { return value_; }
  ByteView encoded() const noexcept { return all_.subspan(began_, all_.size() - began_ - in_.left()); }  // all of it, as it stands
  Entry entry() const;
  std::strong_ordering compared_with(const EntryKey& other) const noexcept;
  Result<void> finish() const;             // after next() said false: Integrity unless it was the end

 private:
  ByteView all_;
  Reader in_;
  std::size_t began_ = 0;
  TableId table_{};
  ByteView key_;
  std::optional<ByteView> value_;
};

Bytes encode_entry(const Entry& entry);
void append_entry(Bytes& out, const Entry& entry);  // the same, behind what is there
Result<std::vector<Entry>> decode_entries(ByteView bytes);  // until a zero table id (padding) or the end
inline constexpr std::size_t kEntryOverhead = 2 + 2 + 4 + 1;
inline std::size_t encoded_size(const Entry& entry) {
  return kEntryOverhead + entry.key.bytes.size() + (entry.value ? entry.value->size() : 0);
}

}  // namespace shosoin::generations
