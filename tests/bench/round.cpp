// A round of the retention scheduler on a tenant where nothing is due: a look at what stands first in table Due,
// however many records there are; and a page of what is due where all is due and many holds stand. Prints one line of
// JSON; ends with 1 when the median or a page is over its bound.
//   bench_round RECORDS
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "admin-api/service/retention/holds.h"
#include "admin-api/service/retention/scheduler.h"
#include "tests/bench/world.h"
#include "tests/support/temporary_directory.h"

namespace {

using namespace shosoin;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kRounds = 21;
constexpr std::size_t kHolds = 200;
constexpr double kMostOfAPage = 500;  // milliseconds, whichever page and however many are held
constexpr double kMost = 50;          // of the median: what a round with nothing due may take at a million records

void write_due(service::Parts& parts, generations::TenantStore& store, const std::vector<bench::Person>& people,
               std::string_view period) {
  using namespace std::chrono;
  const retention::CountedBy rule{1, retention::CountingRule::Excl, retention::Period::parse(period).value(),
                                  retention::Settlement::ActualDate, retention::UnknownParts::LatestPossible};
  const auto sorter = store.sorter();
  const auto first = sys_days{year{2020} / 1 / 1};
  for (std::size_t i = 0; i < people.size(); ++i) {
    const auto event = retention::EventDate::exact(first + days{static_cast<int>(i % 2000)});
    for (const auto& entry :
         service::term_entries(people[i].record, bench::World::kFile, retention::term_of(rule, event))) {
      ENSURE(sorter->add(entry));
    }
  }
  const auto entries = sorter->sorted();
  ENSURE(entries);
  ENSURE(parts.appliance.merge(store, *entries.value(), {}));
}

// A page of what is due, the first and the last there is, while many holds stand: neither the place of the page nor the
// number of its records may multiply the holds.
double page_ms(bench::World& world, Bytes& cursor, std::size_t& told) {
  const auto& seat = world.cities().front().seats.front();
  protocol::Request request{protocol::RequestKind::DueList, 1, {}};
  protocol::set(request, protocol::FieldId::Terminal, seat.terminal);
  protocol::set(request, protocol::FieldId::Session, seat.token);
  protocol::set(request, protocol::FieldId::TenantCode, seat.tenant_code);
  if (!cursor.empty()) protocol::set(request, protocol::FieldId::ReportCursor, to_hex(cursor));
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = world.service().handle(request, protocol::Channel::Gate);
  const auto time = Milliseconds(std::chrono::steady_clock::now() - begin).count();
  ENSURE(outcome.reply.status == 0);
  const auto body = boost::json::parse(outcome.reply.body).as_object();
  told = body.at("expiredRecords").as_array().size();
  const auto* next = body.if_contains("cursor");
  cursor = next == nullptr ? Bytes{} : from_hex(std::string(next->as_string())).value();
  return time;
}

void write_holds(generations::TenantStore& store, const std::vector<bench::Person>& people) {
  generations::Change change{{}, {}, {}, {false, R"({"operation":"bench"})"}};
  for (std::size_t i = 0; i < kHolds; ++i) {
    service::HoldFacts hold;
    hold.id = RecordId::random();
    hold.state = "active";
    hold.name = hold.reason = "litigation";
    hold.file = bench::World::kFile;
    hold.records.insert(people[i % people.size()].record);
    change.entries.push_back(service::hold_entry(hold));
  }
  ENSURE(store.change([&](std::uint64_t) -> Result<generations::Change> { return change; }));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const auto records = static_cast<std::size_t>(std::strtoull(argv[1], nullptr, 10));
  const support::TemporaryDirectory place;
  bench::World world({place.path(), 1, records, 1}, {});
  auto& parts = world.service().parts();
  ENSURE(parts.legal.look(parts.appliance, parts.clock));
  auto* store = parts.tenants.open(parts.tenants.by_code(world.cities().front().code)->id).value();
  write_due(parts, *store, world.cities().front().people, "150y");
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ENSURE(service::retention_round(parts));
    times.push_back(Milliseconds(std::chrono::steady_clock::now() - begin).count());
  }
  const auto result = parts.round.last()->tenants.at(store->tenant());
  write_holds(*store, world.cities().front().people);
  write_due(parts, *store, world.cities().front().people, "1d");
  Bytes cursor;
  std::size_t told = 0;
  const auto first_page = page_ms(world, cursor, told);
  double last_page = first_page;
  std::size_t pages = 1, all = told;
  for (; !cursor.empty(); ++pages) {
    last_page = page_ms(world, cursor, told);
    all += told;
  }
  ENSURE(all == world.cities().front().people.size());
  std::ranges::sort(times);
  std::printf(
      "{\"records\":%zu,\"due\":%llu,\"medianMs\":%.3f,\"mostMs\":%.3f,\"holds\":%zu,\"pages\":%zu,\"firstPageMs\":%."
      "1f,"
      "\"lastPageMs\":%.1f}\n",
      world.cities().front().people.size(), static_cast<unsigned long long>(result.due), times[kRounds / 2],
      times.back(), kHolds, pages, first_page, last_page);
  const bool pages_hold = first_page <= kMostOfAPage && last_page <= kMostOfAPage;
  return result.due == 0 && times[kRounds / 2] <= kMost && pages_hold ? EXIT_SUCCESS : EXIT_FAILURE;
}
