// Batches on a large tenant against the plainest re-boxing of as many blocks, in turns: what they take, how long
// writers of the tenant wait, what other tenants' audited reads take meanwhile, and how far the disk use rises and
// falls back. A batch is timed to its answer; deleting what it leaves comes behind that (decision 0079), as the raw
// run's does behind its time, and is timed by itself. Readers and the writer go on through it.
//   bench_batch DIRECTORY RECORDS [ROUNDS]        in a directory of its own below, taken away afterwards
// Prints one line of JSON; ends with 1 when a bound of issue 5's sort is missed (kBounds below). Small tenants are
// measured, not judged: a batch has its TPM and its syncs, whatever its size.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "admin-api/service/retention/erasures.h"
#include "crypto/box.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_import.h"
#include "firmware/memory/secret.h"
#include "storage/generations/layout.h"
#include "tests/bench/measure.h"
#include "tests/bench/readers.h"
#include "tests/bench/world.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::bench {
namespace {

using service::Entry;

struct Bounds {
  double of_raw = 2.0;       // a batch, of the raw re-boxing
  double held = 0.2;         // writers, of the batch
  double reads_p99 = 200e3;  // microseconds, other tenants'
  double disk = 2.0;         // pages of generations while it runs, of those before
};
constexpr Bounds kBounds;
constexpr std::size_t kJudgedFrom = 500'000;
constexpr std::size_t kReaders = 4;

template <class T>
T must(Result<T> result) {
  if (!result) std::fprintf(stderr, "%s\n", std::string(result.error().doing()).c_str());
  ENSURE(result);
  if constexpr (!std::is_void_v<T>) return std::move(result.value());
}

// Each block opened and boxed anew under a fresh key, put in order, in transactions as the product's; nothing else.
class Raw {
 public:
  Raw(const std::filesystem::path& place, std::uint64_t blocks) : place_(place), blocks_(blocks) {
    environment_ = must(engine::Environment::open(place, {{"before", "after"}, limits::kEnvironmentMapSize}, true));
    Bytes plain(limits::kBlockPlain);
    fill_random(plain);
    write({0}, [&](std::uint64_t number) { return crypto::seal_box(before_, context(number), plain); });
  }
  ~Raw() {
    environment_.reset();
    std::filesystem::remove_all(place_);
  }
  double run() {
    const auto after = TenantEpochKey::random();
    const auto began = SteadyClock::now();
    const auto reading = must(environment_->read());
    write({1}, [&](std::uint64_t number) {
      auto plain = must(crypto::open_box(before_, context(number), *must(reading->get({0}, be(number)))));
      auto boxed = crypto::seal_box(after, context(number), plain);
      memory::wipe(plain);
      return boxed;
    });
    const auto took = seconds_since(began);
    clear();
    return took;
  }

 private:
  crypto::BoxContext context(std::uint64_t number) const { return {crypto::BoxKind::Block, {}, {}, 0, number}; }
  template <class Box>
  void write(engine::Table table, const Box& box) {
    auto transaction = must(environment_->write());
    for (std::uint64_t number = 0; number < blocks_; ++number) {
      if (transaction->dirty_pages() >= limits::kTransactionPages) {
        must(transaction->commit("bench:raw"));
        transaction = must(environment_->write());
      }
      must(transaction->put(table, be(number), box(number)));
    }
    must(transaction->commit("bench:raw"));
  }
  void clear() {
    for (std::uint64_t number = 0; number < blocks_;) {
      auto transaction = must(environment_->write());
      for (std::size_t i = 0; i < limits::kDropAtOnce && number < blocks_; ++i, ++number)
        must(transaction->erase({1}, be(number)));
      must(transaction->commit("bench:clear"));
    }
  }
  std::filesystem::path place_;
  std::uint64_t blocks_;
  TenantEpochKey before_ = TenantEpochKey::random();
  std::unique_ptr<engine::Environment> environment_;
};

// A rule by which every 7th record may go, and nothing else.
void adopt(service::Parts& parts, generations::TenantStore& store, const std::vector<Person>& people) {
  using namespace std::chrono;
  service::StoredRule rule{std::string(World::kFile),
                           {1, retention::CountingRule::Excl, must(retention::Period::parse("1y")),
                            retention::Settlement::ActualDate, retention::UnknownParts::LatestPossible},
                           {},
                           false,
                           {},
                           {},
                           {},
                           {},
                           {},
                           {},
                           {},
                           {}};
  rule.events = {"birthDate"};
  rule.state = "adopted";
  rule.citation = "計測";
  rule.source = "own";
  rule.decided = {{"operatorId", "nobody"}};
  auto long_rule = rule.counted;
  long_rule.period = must(retention::Period::parse("150y"));
  const auto sorter = store.sorter();
  must(sorter->add(service::rule_entry(rule)));
  const auto event = retention::EventDate::exact(sys_days{year{2020} / 1 / 1});
  for (std::size_t i = 0; i < people.size(); ++i) {
    const auto term = retention::term_of(i % 7 == 0 ? rule.counted : long_rule, event);
    for (const auto& entry : service::term_entries(people[i].record, World::kFile, term)) must(sorter->add(entry));
  }
  must(parts.appliance.merge(store, *must(sorter->sorted()), {}));
}

void approve(generations::TenantStore& store, const std::vector<RecordId>& records) {
  service::ErasureFacts facts;
  facts.id = RecordId::random();
  facts.state = "approved";
  facts.file = World::kFile;
  facts.records.insert(records.begin(), records.end());
  must(store.change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{service::erasure_entries(facts), {}, {}, {false, R"({"operation":"erasure-decide"})"}};
  }));
}

// Somebody who changes a small thing of the tenant all the time: how long the longest had to wait.
class Writer {
 public:
  explicit Writer(generations::TenantStore& store)
      : thread_([this, &store](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            const auto began = SteadyClock::now();
            must(store.change([](std::uint64_t) -> Result<generations::Change> {
              const Entry fact{{generations::TableId::Facts, copy_of(view_of(std::string("bench")))}, Bytes{1}};
              return generations::Change{{fact}, {}, {}, {false, R"({"operation":"bench"})"}};
            }));
            longest_ = std::max(longest_, seconds_since(began));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}
  double longest() {
    thread_.request_stop();
    thread_.join();
    return longest_;
  }

 private:
  double longest_ = 0;
  std::jthread thread_;
};

// Bytes of the state copies now, and of the first tenant's file as far as it was ever used.
struct Disk {
  double file = 0, copies = 0;
};
Disk disk_of(const World& world) {
  Disk disk;
  disk.file = static_cast<double>(std::filesystem::file_size(world.environments(1).front()));
  std::error_code gone;
  for (const auto& item : std::filesystem::recursive_directory_iterator(world.settings().state_copy_directory, gone)) {
    if (const auto size = item.file_size(gone); !gone && item.is_regular_file())
      disk.copies += static_cast<double>(size);
  }
  return disk;
}

int run(int count, char** words) {
  if (count < 3) return 64;
  ENSURE(memory::prepare_process());
  engine::prepare_allocator();
  const support::TemporaryDirectory own{std::filesystem::path(words[1])};
  const auto& place = own.path();
  const auto records = static_cast<std::size_t>(std::strtoull(words[2], nullptr, 10));
  const int rounds = count > 3 ? std::atoi(words[3]) : 3;
  World world({.directory = place, .tenants = 2, .records = records, .seats = 1, .others = 2000}, {});
  auto& parts = world.service().parts();
  must(parts.legal.look(parts.appliance, parts.clock));
  auto* store = must(parts.tenants.open(parts.tenants.by_code(world.cities().front().code)->id));
  const auto& people = world.cities().front().people;
  adopt(parts, *store, people);
  const auto blocks = store->summary().blocks;
  const auto generation = static_cast<double>(blocks) * static_cast<double>(limits::kBlockPlain + crypto::kBoxOverhead);
  Raw raw(place / "raw", blocks);

  std::vector<double> ratios, swept_ratios, held, batches, raws;
  double worst_read = 0;
  std::string reads;
  std::vector<double> files;
  std::size_t next = 0;
  const auto largest =
      std::min<std::size_t>(limits::kMaxErasureRecords, people.size() / 7 / static_cast<std::size_t>(2 * rounds + 1));
  files.push_back(disk_of(world).file);
  double copies_after = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const std::size_t size : {std::size_t{1}, largest}) {
      std::vector<RecordId> gone;
      for (; gone.size() < size; next += 7) gone.push_back(people.at(next).record);
      approve(*store, gone);
      raws.push_back(raw.run());
      // A machine may give its cache back: what the raw run has just touched is there, what the batch reads has to be
      // there too.
      ENSURE(read_through(world.environments(1).front().string()));
      Readers readers(world, world.cities().back(), kReaders);
      Writer writer(*store);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      const auto began = SteadyClock::now();
      {
        std::unique_lock one_at_a_time(parts.erasures);
        service::BatchFailure failure;
        const auto outcome = must(service::run_approved(parts, nullptr, failure));
        ENSURE(outcome.serials.size() == 1);
      }
      batches.push_back(seconds_since(began));
      // What it has left is deleted behind its answer, as the raw run's blocks are behind its time; readers and writer
      // go on.
      const auto swept_from = SteadyClock::now();
      parts.appliance.sweep_up();
      const auto swept = seconds_since(swept_from);
      const double waited = writer.longest();
      double p99 = 0;
      reads = readers.told(&p99);
      worst_read = std::max(worst_read, p99);
      held.push_back(waited / batches.back());
      ratios.push_back(batches.back() / raws.back());
      swept_ratios.push_back((batches.back() + swept) / raws.back());
      const auto disk = disk_of(world);
      files.push_back(disk.file);
      copies_after = disk.copies / generation;
      std::fprintf(
          stderr,
          "erased %zu: batch %.2f s, raw %.2f s, ratio %.2f, swept behind it in %.2f s, together %.2f, writers held "
          "%.3f, reads %s, file %.0f MB, copies %.2f generations\n",
          size, batches.back(), raws.back(), ratios.back(), swept, swept_ratios.back(), held.back(), reads.c_str(),
          disk.file / 1e6, copies_after);
    }
  }
  const auto middle = [](std::vector<double> list) {
    std::ranges::sort(list);
    return list[list.size() / 2];
  };
  const double grown =
      (files.back() - files.front()) / generation;  // pages once used by a second generation stay in the file
  const bool within = middle(ratios) <= kBounds.of_raw && middle(held) <= kBounds.held &&
                      worst_read <= kBounds.reads_p99 && grown <= kBounds.disk - 1 + 0.1 &&
                      files.back() <= files[1] * 1.02;
  std::printf(
      "{\"records\":%zu,\"blocks\":%llu,\"batchOfRaw\":%.3f,\"withSweepOfRaw\":%.3f,\"writersHeld\":%.3f,"
      "\"readsP99Microseconds\":%.0f,"
      "\"fileGrownGenerations\":%.3f,\"fileAfterFirst\":%.0f,\"fileAtEnd\":%.0f,\"copiesGenerations\":%.3f}\n",
      people.size(), static_cast<unsigned long long>(blocks), middle(ratios), middle(swept_ratios), middle(held),
      worst_read, grown, files[1], files.back(), copies_after);
  return within || people.size() < kJudgedFrom ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace shosoin::bench

int main(int count, char** words) { return shosoin::bench::run(count, words); }
