#include "admin-api/service/records/definitions.h"

#include <algorithm>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_definitions.h"
#include "firmware/base/log.h"
#include "storage/files/amendment.h"

namespace shosoin::service {
namespace {

constexpr std::uint16_t kDefinitionFormat = 1;
constexpr Literal kReading = "read a stored record file definition";

struct Loaded {
  EntryKey key;
  files::Definition definition;
};

Result<Loaded> load(const Entry& entry) {
  TRY(auto stored, decode_definition(*entry.value));
  auto definition = files::Definition::load(stored.text);
  if (!definition || definition_key(definition.value().key(), definition.value().version()) != entry.key.bytes)
    return Error{ErrorCode::Integrity, kReading};
  return Loaded{entry.key, std::move(definition).value()};
}

// The newest below this version.
const files::Definition* before(const files::DefinitionSet& set, const files::Definition& definition) {
  const files::Definition* found = nullptr;
  for (const auto& other : set.all()) {
    if (other.key() != definition.key() || other.version() >= definition.version()) continue;
    if (found == nullptr || other.version() > found->version()) found = &other;
  }
  return found;
}

}  // namespace

Bytes definition_key(std::string_view key, std::uint16_t version) {
  return Writer{}.raw(view_of(key)).u8(0).u16(version).take();
}

Bytes encode_definition(const StoredDefinition& stored) {
  ENSURE(stored.text.size() <= limits::kMaxStoredDefinition);
  Writer out;
  out.u16(kDefinitionFormat).u64(static_cast<std::uint64_t>(stored.added.time_since_epoch().count()));
  out.text16(stored.requested_by).text16(stored.approved_by).blob32(view_of(stored.text));
  return out.take();
}

Result<StoredDefinition> decode_definition(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  StoredDefinition stored;
  stored.added = Instant{std::chrono::milliseconds(static_cast<std::int64_t>(in.u64()))};
  stored.requested_by = in.text16(limits::kMaxIdText);
  stored.approved_by = in.text16(limits::kMaxIdText);
  stored.text = text_of(in.blob32(limits::kMaxStoredDefinition));
  TRY(in.finish(kReading));
  if (format != kDefinitionFormat) return Error{ErrorCode::Integrity, "read a definition entry of another format"};
  return stored;
}

Result<std::optional<StoredDefinition>> find_stored_definition(const TenantStore& zero, std::string_view key,
                                                               std::uint16_t version) {
  TRY(auto value, zero.get({TableId::Definitions, definition_key(key, version)}));
  if (!value) return std::optional<StoredDefinition>{};
  TRY(auto stored, decode_definition(*value));
  return std::optional(std::move(stored));
}

Result<std::set<Bytes>> stored_definition_keys(const TenantStore& zero) {
  std::set<Bytes> keys;
  TRY(zero.scan(TableId::Definitions, {}, [&](const Entry& entry) {
    keys.insert(entry.key.bytes);
    return true;
  }));
  return keys;
}

Result<files::DefinitionSet> with_stored_definitions(const TenantStore& zero, const files::DefinitionSet& shipped) {
  files::DefinitionSet set;
  Result<void> read = success();
  TRY(zero.scan(TableId::Definitions, {}, [&](const Entry& entry) {
    auto loaded = load(entry);
    if (!loaded) {
      read = loaded.error();
      return false;
    }
    ENSURE(set.add(std::move(loaded.value().definition)));  // the keys of the table are unique
    return true;
  }));
  TRY(std::move(read));
  for (const auto& definition : shipped.all()) {
    const auto* same = set.find(definition.key(), definition.version());
    const auto* older = before(set, definition);
    if (same == nullptr && (older == nullptr || files::compare(*older, definition).allowed())) {
      set.add(definition);
    } else if (same == nullptr || same->text() != definition.text()) {
      oplog::warning("a definition of the program differs from the one that was added, which stays in force");
    }
  }
  return set;
}

Definitions::Definitions(const files::DefinitionSet& first) {
  all_.reserve(limits::kMaxStoredDefinitions + 1);
  all_.push_back(std::unique_ptr<const Snapshot>(new Snapshot{first, ItemHeads(first)}));
  newest_ = all_.back().get();
}

Result<std::unique_ptr<const Definitions::Snapshot>> Definitions::with(const files::Definition& added) const {
  if (all_.size() > limits::kMaxStoredDefinitions)
    return Error{ErrorCode::TooMany, "hold one more record file definition"};
  auto set = now();
  if (!set.add(added)) return Error{ErrorCode::Conflict, "add a version of a record file that is there"};
  ItemHeads all_heads(set, &heads());
  return std::unique_ptr<const Snapshot>(new Snapshot{std::move(set), std::move(all_heads)});
}

void Definitions::publish(std::unique_ptr<const Snapshot> next) noexcept {
  const auto* newest = next.get();
  all_.push_back(std::move(next));  // within what is reserved
  newest_.store(newest, std::memory_order_release);
}

}  // namespace shosoin::service
