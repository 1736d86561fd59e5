// What was last read from a store, decoded; good only while nothing in that store has changed since. So a person
// disabled, a terminal revoked or a grant taken away acts at the next request. Holds no credentials. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "admin-api/service/people/people.h"
#include "firmware/base/limits_speed.h"

namespace shosoin::service {

template <class Value>
class Remembered {
 public:
  using Shared = std::shared_ptr<const Value>;
  // read: () -> Result<Value>. Its refusal is handed on and not kept.
  template <class Read>
  Result<Shared> get(const TenantStore& store, std::string_view key, Read&& read) {
    const auto version = store.version();  // before reading: what changes from here on makes this entry stale
    {
      std::shared_lock lock(mutex_);
      const auto found = kept_.find(Place{&store, key});
      if (found != kept_.end() && found->second.version == version) return found->second.value;
    }
    TRY(auto value, read());
    auto shared = std::make_shared<const Value>(std::move(value));
    std::unique_lock lock(mutex_);
    if (kept_.size() >= limits::kRemembered) kept_.clear();
    kept_.insert_or_assign(Key{&store, std::string(key)}, Kept{version, shared});
    return shared;
  }

 private:
  struct Place {
    const TenantStore* store;
    std::string_view key;
  };
  struct Key {
    const TenantStore* store;
    std::string key;
    operator Place() const { return {store, key}; }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Place& place) const {
      return std::hash<std::string_view>{}(place.key) ^ std::hash<const TenantStore*>{}(place.store);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Place& left, const Place& right) const {
      return left.store == right.store && left.key == right.key;
    }
  };
  struct Kept {
    std::uint64_t version;
    Shared value;
  };
  std::shared_mutex mutex_;
  std::unordered_map<Key, Kept, Hash, Equal> kept_;
};

// Asked at every request.
struct Recall {
  Remembered<std::optional<Terminal>> terminals;  // of tenant zero, by fingerprint
  Remembered<std::optional<Person>> people;       // of tenant zero, by id; without their credentials
  Remembered<Grant> grants;                       // of a tenant, by person
  Remembered<bool> settings;                      // of a tenant, by name
  Remembered<bool> confirmed_imports;             // of a tenant, by id
};

}  // namespace shosoin::service
