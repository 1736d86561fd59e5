// The vault measured in process: bench_vault DIRECTORY TENANTS RECORDS [fingerprints file]. Says {"ready":...}, then
// takes one command a line:
//   read record|search CALLERS TENANTS SECONDS    audited reads through Service::handle
//   seats FILE                                    tenant, token and record ids for the load generator
//   quit
// From "ready" on it also serves the gate's socket, as the vault does.
#include <fcntl.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "admin-api/service/server.h"
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
  std::uint64_t state;  // xorshift: cheap, and the same people every time
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

void call_until(World& world, Caller& caller, bool by_search, const std::atomic<bool>& over) {
  auto request = request_for(caller, caller.next_person(), by_search);
  while (!over) {
    const auto& person = caller.next_person();
    const auto began = SteadyClock::now();
    if (by_search) protocol::set(request, FieldId::SearchValue, person.addressee);
    if (!by_search) protocol::set(request, FieldId::RecordId, person.record.view());
    const auto outcome = world.service().handle(request, protocol::Channel::Gate);
    caller.microseconds.push_back(static_cast<float>(seconds_since(began) * 1e6));
    // What is measured is an answer with the right person in it, or nothing.
    ENSURE(outcome.reply.status == 0 && outcome.reply.body.find(person.record.hex()) != std::string::npos);
  }
}

std::string read(World& world, bool by_search, std::size_t callers, std::size_t tenants, double seconds) {
  std::vector<Caller> all;
  for (std::size_t i = 0; i < callers; ++i) {
    const auto& city = world.cities()[i % std::min(tenants, world.cities().size())];
    all.push_back({&city, &city.seats[i % city.seats.size()], 88172645463325252ull + 7919 * i});
  }
  std::atomic<bool> over{false};
  const double processor = processor_seconds();
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  for (auto& caller : all) threads.emplace_back([&] { call_until(world, caller, by_search, over); });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  over = true;
  for (auto& thread : threads) thread.join();
  const double took = seconds_since(began);
  const double used = processor_seconds() - processor;
  std::vector<float> microseconds;
  for (const auto& caller : all) {
    microseconds.insert(microseconds.end(), caller.microseconds.begin(), caller.microseconds.end());
  }
  return as_json(microseconds, took, used);
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
  server.value()->start([&](const protocol::Request& request, protocol::Channel channel) {
    return world.service().handle(request, channel);
  });
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
