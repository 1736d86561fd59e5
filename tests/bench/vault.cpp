// The vault measured in process: bench_vault DIRECTORY TENANTS RECORDS [fingerprints file]. Says {"ready":...}, then
// takes one command a line:
//   read record|search CALLERS TENANTS SECONDS    audited reads through Service::begin
//   warm TENANTS                                  what they have stored into the kernel's cache
//   seats FILE                                    tenant, token and record ids for the load generator
//   quit
// From "ready" on it also serves the gate's socket, as the vault does.
#include <deque>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "admin-api/service/server.h"
#include "firmware/base/limits_speed.h"
#include "firmware/base/log.h"
#include "firmware/memory/secret.h"
#include "storage/generations/block_cache.h"
#include "tests/bench/measure.h"
#include "tests/bench/world.h"

namespace shosoin::bench {
namespace {

using protocol::FieldId;

struct Caller {
  const City* city;
  const Seat* seat;
  std::uint64_t state;  // xorshift: cheap
  std::vector<float> microseconds{};
  const Person& next_person() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return city->people[state % city->people.size()];
  }
};

protocol::Request request_for(const Caller& caller, const Person& person, bool by_search) {
  protocol::Request request{by_search ? protocol::RequestKind::Retrieve : protocol::RequestKind::RetrieveRecord, 1, {}};
  protocol::set(request, FieldId::Terminal, caller.seat->terminal);
  protocol::set(request, FieldId::Session, caller.seat->token);
  protocol::set(request, FieldId::TenantCode, caller.city->code);
  protocol::set(request, FieldId::File, World::kFile);
  protocol::set(request, FieldId::ReasonCode, "R03");
  protocol::set(request, FieldId::CaseReference, "計測-1");
  if (by_search) {
    protocol::set(request, FieldId::SearchKind, "addresseeNumber");
    protocol::set(request, FieldId::SearchValue, person.addressee);
  } else {
    protocol::set(request, FieldId::RecordId, person.record.view());
  }
  return request;
}

// As a loop of the vault serves its channels (admin-api/service/channel_loop.h), with the callers' own turn in place of
// sockets: each has one request under way, and its reply counts when its flush is durable.
void serve_until(World& world, std::span<Caller> callers, bool by_search, const std::atomic<bool>& over) {
  struct UnderWay {
    Caller* caller;
    SteadyClock::time_point began;
    journal::Journal::Ticket ticket;
  };
  auto& service = world.service();
  auto& journal = service.journal();
  std::deque<UnderWay> owed;
  std::vector<protocol::Request> requests;
  for (auto& caller : callers) requests.push_back(request_for(caller, caller.next_person(), by_search));
  const auto ask = [&](Caller& caller) {
    auto& request = requests[static_cast<std::size_t>(&caller - callers.data())];
    const auto& person = caller.next_person();
    const auto began = SteadyClock::now();
    if (by_search) protocol::set(request, FieldId::SearchValue, person.addressee);
    if (!by_search) protocol::set(request, FieldId::RecordId, person.record.view());
    const auto outcome = service.begin(request, protocol::Channel::Gate);
    // What is measured is an answer with the right person in it, or nothing.
    ENSURE(outcome.reply.status == 0 && outcome.reply.body.find(person.record.hex()) != std::string::npos);
    ENSURE(outcome.after);
    owed.push_back({&caller, began, *outcome.after});
  };
  for (auto& caller : callers) ask(caller);
  while (!owed.empty()) {
    const auto first = owed.front();
    ENSURE(journal.wait(first.ticket));
    owed.pop_front();
    first.caller->microseconds.push_back(static_cast<float>(seconds_since(first.began) * 1e6));
    if (!over) ask(*first.caller);
  }
}

std::string read(World& world, bool by_search, std::size_t callers, std::size_t tenants, double seconds) {
  std::vector<Caller> all;
  const auto measurement = next_measurement();
  for (std::size_t i = 0; i < callers; ++i) {
    const auto& city = world.cities()[i % std::min(tenants, world.cities().size())];
    all.push_back({&city, &city.seats[i % city.seats.size()], first_draw(i, measurement)});
  }
  std::atomic<bool> over{false};
  const auto& cache = generations::BlockCache::of_process();
  const auto blocks = cache.counts();
  const auto before = used_so_far();
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  const auto loops = std::min({callers, limits::kVaultLoops, std::size_t{std::thread::hardware_concurrency()}});
  for (std::size_t i = 0; i < loops; ++i) {
    const std::size_t from = callers * i / loops, to = callers * (i + 1) / loops;
    threads.emplace_back(
        [&, from, to] { serve_until(world, std::span(all).subspan(from, to - from), by_search, over); });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  over = true;
  for (auto& thread : threads) thread.join();
  const double took = seconds_since(began);
  const auto used = used_so_far() - before;
  std::vector<float> microseconds;
  for (const auto& caller : all) {
    microseconds.insert(microseconds.end(), caller.microseconds.begin(), caller.microseconds.end());
  }
  auto text = as_json(microseconds, took, used);
  const auto now = cache.counts();
  const auto per_read = [&](std::uint64_t count) {
    return std::to_string(static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(1, microseconds.size())));
  };
  text.back() = ',';
  return text + R"("blocksFound":)" + per_read(now.found - blocks.found) + R"(,"blocksOpened":)" +
         per_read(now.missed - blocks.missed) + '}';
}

// One line each: seat number, tenant code, token in hex, record id.
void write_seats(const World& world, const std::string& file) {
  std::ofstream out(file);
  const auto& city = world.cities().front();
  for (std::size_t i = 0; i < std::min<std::size_t>(city.people.size(), 64 * 1024); ++i) {
    const auto& seat = city.seats[i % city.seats.size()];
    out << i % city.seats.size() << ' ' << city.code << ' ' << to_base64url(view_of(seat.token)) << ' '
        << city.people[(i * 7919) % city.people.size()].record.hex() << '\n';
  }
}

std::vector<Digest> read_fingerprints(const char* file) {
  std::vector<Digest> out;
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    const auto bytes = from_hex(word).value();
    ENSURE(bytes.size() == 32);
    std::copy(bytes.begin(), bytes.end(), out.emplace_back().begin());
  }
  return out;
}

int run(int count, char** words) {
  if (count < 4) return 2;
  ENSURE(memory::prepare_process());
  engine::prepare_allocator();
  Sizes sizes{words[1], std::stoul(words[2]), std::stoul(words[3]), 16};
  const auto began = SteadyClock::now();
  World world(sizes, count > 4 ? read_fingerprints(words[4]) : std::vector<Digest>{});
  auto server = service::Server::bind(world.settings(), [](ErrorCode) { std::abort(); });
  ENSURE(server);
  ENSURE(server.value()->start(world.service()));
  std::cout << R"({"ready":true,"seconds":)" << seconds_since(began) << R"(,"socket":")"
            << world.settings().gate_socket.string() << R"(","cache":")"
            << generations::BlockCache::of_process().capacity() / 256 << R"( MiB"})" << std::endl;
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream in(text);
    std::string verb, kind;
    in >> verb;
    if (verb == "quit") break;
    if (verb == "seats") {
      in >> kind;
      write_seats(world, kind);
      std::cout << "{}" << std::endl;
      continue;
    }
    std::size_t callers = 0, tenants = 0;
    double seconds = 0;
    if (verb == "warm" && in >> tenants) {
      for (const auto& file : world.environments(tenants)) ENSURE(read_through(file));
      std::cout << "{}" << std::endl;
      continue;
    }
    in >> kind >> callers >> tenants >> seconds;
    if (verb != "read" || in.fail() || callers == 0 || tenants == 0) return 2;
    std::cout << read(world, kind == "search", callers, tenants, seconds) << std::endl;
  }
  server.value()->stop();
  return 0;
}

}  // namespace
}  // namespace shosoin::bench

int main(int count, char** words) { return shosoin::bench::run(count, words); }
