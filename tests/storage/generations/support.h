// What the tests of the generations share: one tenant on a real LMDB environment and a real journal, in a directory of
// its own, with a clock the test sets. Merges as the erasure room makes them. One thread, except where a test starts
// others.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "firmware/base/power.h"
#include "storage/generations/layout.h"
#include "storage/generations/tenant_store.h"
#include "storage/journal/disk_journal.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::generations {

class SetClock final : public Clock {
 public:
  SetClock() { set(2026, 11, 22); }
  void set(int year, unsigned month, unsigned day) {
    using namespace std::chrono;
    now_ = Instant(sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) + hours(3));
  }
  Instant now() const override { return now_.load(); }

 private:
  std::atomic<Instant> now_{};
};

inline Bytes text_bytes(std::string_view text) { return copy_of(view_of(text)); }
inline Entry put_of(TableId table, std::string_view key, std::string_view value) {
  return {{table, text_bytes(key)}, text_bytes(value)};
}
inline GenerationKey duplicate(const GenerationKey& generation) { return {generation.key.duplicate(), generation.gid}; }
inline boost::json::object read_vectors(const char* name) {
  std::ifstream file(std::string(SHOSOIN_SOURCE_DIR "/tests/vectors/") + name);
  ENSURE(file.good());
  return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
}
inline Bytes hex_at(const boost::json::object& object, std::string_view name) {
  return *from_hex(std::string(object.at(name).as_string()));
}

class House {
 public:
  House() : generation{TenantEpochKey::random(), GenerationId::random()} {}
  ~House() {
    power::set_plug(nullptr);
    power::power_on();
  }
  void create(std::vector<Entry> first = {}) {
    for (auto& key : new_log_keys({}, clock.now())) first.push_back(std::move(key));
    std::ranges::sort(first, {}, &Entry::key);
    environment = engine::Environment::open(place.path() / "tenant", tenant_layout(), true).value();
    journal = journal::open_journal(place.path() / "journal", true, {.segment_size = 1u << 20}).value();
    ENSURE(TenantStore::create(*environment, tenant, generation, NumberKey::random(), std::move(first)));
    ENSURE(open());
  }
  // What a start does for one tenant: environment, journal, outbox, store.
  Result<void> open() {
    if (!environment) {
      TRY(auto opened, engine::Environment::open(place.path() / "tenant", tenant_layout(), false));
      environment = std::move(opened);
    }
    if (!journal) {
      TRY(auto opened, journal::open_journal(place.path() / "journal", false, {.segment_size = 1u << 20}));
      journal = std::move(opened);
    }
    TRY(const auto waiting, replay_outbox(*environment, *journal));
    ENSURE(waiting.empty());
    TRY(auto opened, TenantStore::open(*environment, tenant, duplicate(generation), *journal, clock));
    store = std::move(opened);
    return success();
  }
  void close() {
    store.reset();
    journal.reset();
    environment.reset();
  }
  Result<void> reopen() {
    close();
    return open();
  }
  void power_back() {
    close();
    power::set_plug(nullptr);
    power::power_on();
  }
  Result<std::uint64_t> change(std::vector<Entry> entries, bool number_access = false) {
    return store->change([&](std::uint64_t) -> Result<Change> {
      return Change{std::move(entries), {}, {}, {number_access, R"({"operation":"test"})"}};
    });
  }
  // Stage, hold, catch up, adopt, drop the old one; between runs while the staged generation stands beside the current
  // one.
  Result<void> merge(RebuildPlan plan = {}, const std::function<void()>& between = {}) {
    TRY(auto staged, store->stage(plan));
    if (between) between();
    auto writers = store->hold_writers();
    TRY(store->catch_up(staged));
    const auto old = generation.gid;
    generation = duplicate(staged.generation);
    TRY(store->adopt(std::move(staged)));
    writers.unlock();
    return drop_generation_in(*environment, old);
  }
  std::map<EntryKey, Bytes> everything() const {
    std::map<EntryKey, Bytes> found;
    for (std::uint16_t table = 1; table <= static_cast<std::uint16_t>(TableId::Certificates); ++table) {
      ENSURE(store->scan(static_cast<TableId>(table), {}, [&](const Entry& entry) {
        ENSURE(found.emplace(entry.key, *entry.value).second);
        return true;
      }));
    }
    std::erase_if(found, [](const auto& item) { return item.first.table == TableId::LogKeys; });
    return found;
  }
  void write_raw(const std::function<void(engine::WriteTransaction&)>& write) {
    auto transaction = environment->write().value();
    write(*transaction);
    ENSURE(transaction->commit("test:raw"));
  }
  std::optional<Bytes> read_raw(engine::Table table, ByteView key) const {
    auto transaction = environment->read().value();
    auto value = transaction->get(table, key).value();
    return value ? std::optional(copy_of(*value)) : std::nullopt;
  }

  support::TemporaryDirectory place;
  SetClock clock;
  TenantId tenant = TenantId::random();
  GenerationKey generation;
  std::unique_ptr<engine::Environment> environment;
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<TenantStore> store;
};

}  // namespace shosoin::generations
