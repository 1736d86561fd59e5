// The record file definitions of the running service: the program's own, and those that two persons added (table
// Definitions of tenant zero, entries.md). They grow while requests run and none is ever taken away: a Definition once
// found is good until the service ends. Any thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include "admin-api/service/people/people.h"
#include "admin-api/service/records/json_text.h"
#include "storage/files/definition.h"

namespace shosoin::service {

struct StoredDefinition {
  Instant added{};
  std::string requested_by, approved_by;  // person ids
  std::string text;                       // JSON, as it came
  friend bool operator==(const StoredDefinition&, const StoredDefinition&) = default;
};
Bytes definition_key(std::string_view key, std::uint16_t version);
Bytes encode_definition(const StoredDefinition& stored);
Result<StoredDefinition> decode_definition(ByteView bytes);
// None for one that the program brought.
Result<std::optional<StoredDefinition>> find_stored_definition(const TenantStore& zero, std::string_view key,
                                                               std::uint16_t version);
Result<std::set<Bytes>> stored_definition_keys(const TenantStore& zero);
// The program's with the stored ones. A stored one stands before one of the program with the same key and version:
// records came in under it. One of the program that does not amend what is stored is left out, with a warning.
Result<files::DefinitionSet> with_stored_definitions(const TenantStore& zero, const files::DefinitionSet& shipped);

class Definitions {
 public:
  explicit Definitions(const files::DefinitionSet& first);
  struct Snapshot {
    files::DefinitionSet set;
    ItemHeads heads;
  };
  const files::DefinitionSet& now() const noexcept { return newest_.load(std::memory_order_acquire)->set; }
  const ItemHeads& heads() const noexcept { return newest_.load(std::memory_order_acquire)->heads; }
  const files::Definition* find(std::string_view key) const noexcept { return now().find(key); }

  // One addition at a time: held from the look at what is there until it is published.
  std::unique_lock<std::mutex> begin_addition() { return std::unique_lock(additions_); }
  // Under begin_addition. Conflict for a key and version that are there; TooMany over limits::kMaxStoredDefinitions.
  Result<std::unique_ptr<const Snapshot>> with(const files::Definition& added) const;
  void publish(std::unique_ptr<const Snapshot> next) noexcept;  // takes no memory: it follows a commit

 private:
  std::mutex additions_;
  // Kept to the end, for requests that still look at them: at most one for each addition.
  std::vector<std::unique_ptr<const Snapshot>> all_;
  std::atomic<const Snapshot*> newest_;
};

}  // namespace shosoin::service
