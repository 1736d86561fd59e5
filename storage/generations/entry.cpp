#include "storage/generations/entry.h"

#include <algorithm>
#include <cstring>

#include "firmware/base/limits.h"

namespace shosoin::generations {

Result<std::optional<Entry>> VectorSource::next() {
  if (at_ == entries_.size()) return std::optional<Entry>{};
  ENSURE(at_ == 0 || entries_[at_ - 1].key < entries_[at_].key);
  return std::optional<Entry>{entries_[at_++]};
}

MergedSource::MergedSource(std::vector<std::unique_ptr<EntrySource>> sources)
    : sources_(std::move(sources)), heads_(sources_.size()) {}

Result<std::unique_ptr<MergedSource>> MergedSource::create(std::vector<std::unique_ptr<EntrySource>> sources) {
  std::unique_ptr<MergedSource> merged(new MergedSource(std::move(sources)));
  for (std::size_t i = 0; i < merged->sources_.size(); ++i) {
    TRY(auto head, merged->sources_[i]->next());
    merged->heads_[i] = std::move(head);
  }
  return merged;
}

Result<std::optional<Entry>> MergedSource::next_change() {
  std::optional<std::size_t> least;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    if (heads_[i] && (!least || heads_[i]->key <= heads_[*least]->key)) least = i;  // <=: the later source wins
  }
  if (!least) return std::optional<Entry>{};
  Entry out = std::move(*heads_[*least]);
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    if (i == *least || (heads_[i] && heads_[i]->key == out.key)) {
      TRY(auto head, sources_[i]->next());
      heads_[i] = std::move(head);
    }
  }
  return std::optional<Entry>{std::move(out)};
}

Result<std::optional<Entry>> MergedSource::next() {
  for (;;) {
    TRY(auto entry, next_change());
    if (!entry || entry->value) return entry;
  }
}

std::optional<RecordId> record_of(TableId table, ByteView key) {
  switch (table) {
    case TableId::Records:
    case TableId::SearchKeys:
    case TableId::Due:
    case TableId::Lost:
    case TableId::SubjectLinks:
    case TableId::Terms: {
      if (key.size() < RecordId::kSize) return std::nullopt;
      auto id = RecordId::from(key.last(RecordId::kSize));
      return id ? std::optional(id.value()) : std::nullopt;
    }
    case TableId::Quarantine: {
      // Behind the import's id and a kind: the record's id, or a row of the file and the record's id.
      constexpr std::size_t kWaiting = 2 * RecordId::kSize + 1, kConversions = kWaiting + sizeof(std::uint64_t);
      if (key.size() != kWaiting && key.size() != kConversions) return std::nullopt;
      return RecordId::from(key.last(RecordId::kSize)).value();
    }
    case TableId::Imports:
    case TableId::Approvals:
    case TableId::Holds:
    case TableId::Idempotency:
    case TableId::LogKeys:
    case TableId::Facts:
    case TableId::Erased:
    case TableId::Addressees:
    case TableId::Rules:
    case TableId::NumberHistory:
    case TableId::People:
    case TableId::Terminals:
    case TableId::Sessions:
    case TableId::Tenants:
    case TableId::RemovedTenants:
    case TableId::SigningKeys:
    case TableId::Certificates:
    case TableId::Definitions:
      return std::nullopt;
  }
  return std::nullopt;
}

void append_entry(Bytes& out, const Entry& entry) {
  // What could not be read back is never written.
  ENSURE(entry.key.bytes.size() <= limits::kMaxEntryKey);
  ENSURE(!entry.value || entry.value->size() <= limits::kMaxEntryValue);
  append(out, be(static_cast<std::uint16_t>(entry.key.table)));
  append(out, be(static_cast<std::uint16_t>(entry.key.bytes.size())));
  append(out, entry.key.bytes);
  out.push_back(entry.value ? 1 : 0);
  append(out, be(static_cast<std::uint32_t>(entry.value ? entry.value->size() : 0)));
  if (entry.value) append(out, *entry.value);
}

Bytes encode_entry(const Entry& entry) {
  Bytes out;
  out.reserve(encoded_size(entry));
  append_entry(out, entry);
  return out;
}

bool EntryReader::next() noexcept {
  began_ = all_.size() - in_.left();
  if (in_.left() < 2 || in_.failed()) {
    if (in_.left() == 1) in_.raw(1);
    return false;
  }
  const auto table = in_.u16();
  if (table == 0) {
    in_.raw(in_.left());
    return false;
  }
  table_ = static_cast<TableId>(table);
  key_ = in_.blob16(limits::kMaxEntryKey);
  const bool present = in_.u8() == 1;
  const auto value = in_.blob32(limits::kMaxEntryValue);
  value_ = present ? std::optional(value) : std::nullopt;
  return !in_.failed();
}

Entry EntryReader::entry() const {
  Entry out{{table_, copy_of(key_)}, std::nullopt};
  if (value_) out.value = copy_of(*value_);
  return out;
}

std::strong_ordering EntryReader::compared_with(const EntryKey& other) const noexcept {
  if (table_ != other.table) return table_ <=> other.table;
  const ByteView theirs = other.bytes;
  const auto common = std::min(key_.size(), theirs.size());
  const int first = common == 0 ? 0 : std::memcmp(key_.data(), theirs.data(), common);
  return first != 0 ? first <=> 0 : key_.size() <=> theirs.size();
}

Result<void> EntryReader::finish() const { return in_.finish("read entries of a generation"); }

Result<std::vector<Entry>> decode_entries(ByteView bytes) {
  EntryReader in(bytes);
  std::vector<Entry> entries;
  while (in.next()) entries.push_back(in.entry());
  TRY(in.finish());
  return entries;
}

}  // namespace shosoin::generations
