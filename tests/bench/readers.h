// People at desks while something large happens: callers who retrieve one record after the other, each answer checked for the right
// person. Not a load test.
#pragma once

#include <thread>

#include "tests/bench/measure.h"
#include "tests/bench/world.h"

namespace shosoin::bench {

inline protocol::Request request_of(const City& city, const Seat& seat, protocol::RequestKind kind) {
  protocol::Request request{kind, 1, {}};
  protocol::set(request, protocol::FieldId::Terminal, seat.terminal);
  protocol::set(request, protocol::FieldId::Session, seat.token);
  protocol::set(request, protocol::FieldId::TenantCode, city.code);
  return request;
}

class Readers {
 public:
  Readers(World& world, const City& city, std::size_t count) : microseconds_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.emplace_back([this, &world, &city, i](const std::stop_token& stop) { read(world, city, i, stop); });
    }
  }
  // Ends them. As bench::as_json tells it, and the 99th percentile alone, microseconds.
  std::string told(double* p99 = nullptr) {
    for (auto& thread : threads_) thread.request_stop();
    for (auto& thread : threads_) thread.join();
    std::vector<float> all;
    for (const auto& one : microseconds_) all.insert(all.end(), one.begin(), one.end());
    auto text = as_json(all, seconds_since(began_), {});
    ENSURE(!all.empty());
    if (p99 != nullptr) *p99 = static_cast<double>(all[std::min(all.size() - 1, all.size() * 99 / 100)]);
    return text;
  }

 private:
  void read(World& world, const City& city, std::size_t index, const std::stop_token& stop) {
    auto request = request_of(city, city.seats[city.seats.size() - 1 - index % city.seats.size()],
                              protocol::RequestKind::RetrieveRecord);
    protocol::set(request, protocol::FieldId::File, World::kFile);
    protocol::set(request, protocol::FieldId::ReasonCode, "R03");
    protocol::set(request, protocol::FieldId::CaseReference, "計測-1");
    for (std::size_t at = index * 7919; !stop.stop_requested(); at += 104729) {
      const auto& person = city.people[at % city.people.size()];
      protocol::set(request, protocol::FieldId::RecordId, person.record.view());
      const auto began = SteadyClock::now();
      const auto outcome = world.service().handle(request, protocol::Channel::Gate);
      microseconds_[index].push_back(static_cast<float>(seconds_since(began) * 1e6));
      ENSURE(outcome.reply.status == 0 && outcome.reply.body.find(person.record.hex()) != std::string::npos);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  const SteadyClock::time_point began_ = SteadyClock::now();
  std::vector<std::vector<float>> microseconds_;
  std::vector<std::jthread> threads_;
};

}  // namespace shosoin::bench
