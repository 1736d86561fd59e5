#include "storage/generations/entry.h"

#include "firmware/base/codec.h"
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

Result<std::optional<Entry>> MergedSource::step() {
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
    TRY(auto entry, step());
    if (!entry || entry->value) return entry;
  }
}

std::optional<RecordId> record_of(const EntryKey& key) {
  switch (key.table) {
    case TableId::Records:
    case TableId::SearchKeys:
    case TableId::Due:
    case TableId::SubjectLinks: {
      if (key.bytes.size() < RecordId::kSize) return std::nullopt;
      auto id = RecordId::from(ByteView(key.bytes).last(RecordId::kSize));
      return id ? std::optional(id.value()) : std::nullopt;
    }
    case TableId::Imports:
    case TableId::Approvals:
    case TableId::Holds:
    case TableId::Idempotency:
    case TableId::LogKeys:
    case TableId::Facts:
    case TableId::Erased:
    case TableId::Addressees:
    case TableId::People:
    case TableId::Terminals:
    case TableId::Sessions:
    case TableId::Tenants:
    case TableId::SigningKeys:
    case TableId::Certificates:
      return std::nullopt;
  }
  return std::nullopt;
}

Bytes encode_entry(const Entry& entry) {
  // What could not be read back is never written.
  ENSURE(entry.key.bytes.size() <= limits::kMaxEntryKey);
  ENSURE(!entry.value || entry.value->size() <= limits::kMaxEntryValue);
  Writer out;
  out.u16(static_cast<std::uint16_t>(entry.key.table)).blob16(entry.key.bytes).u8(entry.value ? 1 : 0);
  out.blob32(entry.value ? ByteView(*entry.value) : ByteView{});
  return out.take();
}

Result<std::vector<Entry>> decode_entries(ByteView bytes) {
  Reader in(bytes);
  std::vector<Entry> entries;
  while (in.left() >= 2 && !in.failed()) {
    const auto table = in.u16();
    if (table == 0) {
      in.raw(in.left());
      break;
    }
    Entry entry{{static_cast<TableId>(table), copy_of(in.blob16(limits::kMaxEntryKey))}, std::nullopt};
    const bool present = in.u8() == 1;
    auto value = in.blob32(limits::kMaxEntryValue);
    if (present) entry.value = copy_of(value);
    entries.push_back(std::move(entry));
  }
  if (in.left() == 1) in.raw(1);
  TRY(in.finish("read entries of a generation"));
  return entries;
}

}  // namespace shosoin::generations
