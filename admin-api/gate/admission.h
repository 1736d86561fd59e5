// Who may hold a connection: bounds on all, on one address and on one certificate. When a bound is reached, whoever
// holds the most gives way, and unfinished handshakes before all others; a request that is with the vault is never
// broken off. Knows no sockets. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>

namespace shosoin::gate {

using Address = std::array<std::uint8_t, 16>;  // IPv6; a network of 64 bits counts as one address
using Fingerprint = std::array<std::uint8_t, 32>;

struct ConnectionBounds {
  std::size_t total, per_address, per_certificate;
};
enum class Phase : std::uint8_t { Handshake, Idle, Reading, Working, Writing };

class Admission {
  struct Held;
  using Holdings = std::list<Held>;

 public:
  using Clock = std::chrono::steady_clock;
  using Close = std::function<void()>;  // called under our lock: it may only hand the wish on

  // A connection's place; gives it back when it goes. The Admission outlives it.
  class Place {
   public:
    Place(Place&& other) noexcept : owner_(other.owner_), held_(other.held_) { other.owner_ = nullptr; }
    Place& operator=(Place&&) = delete;
    ~Place();
    bool claim(const Fingerprint& certificate);  // false: that certificate holds as many as it may
    void enter(Phase phase);

   private:
    friend class Admission;
    Place(Admission* owner, Holdings::iterator held) : owner_(owner), held_(held) {}
    Admission* owner_;
    Holdings::iterator held_;
  };

  explicit Admission(ConnectionBounds bounds) : bounds_(bounds) {}
  // None: turned away, nobody had to give way to this one.
  std::optional<Place> enter(const Address& address, Clock::time_point now, Close close);
  bool shed_one(Clock::time_point now);  // descriptors have run out
  std::size_t held() const;

  struct Counts {
    std::size_t turned_away = 0, shed = 0, refused_certificates = 0;
  };
  Counts take_counts();  // since the last time

 private:
  struct Held {
    Address address;
    Clock::time_point since;
    Close close;
    std::optional<Fingerprint> certificate{};
    Phase phase = Phase::Handshake;
    bool shed = false;
  };
  using Chosen = std::function<bool(const Held&)>;

  Holdings::iterator oldest(const Chosen& chosen);
  Holdings::iterator unfinished(Clock::time_point now, const Address* address);
  Holdings::iterator of_greediest_certificate(const Address& address, std::size_t least);
  Holdings::iterator of_greediest_address(std::size_t more_than);
  bool give_way(Holdings::iterator victim);
  void forget(const Held& held);

  const ConnectionBounds bounds_;
  mutable std::mutex mutex_;
  Holdings holdings_;  // oldest first
  std::size_t live_ = 0;
  std::map<Address, std::size_t> by_address_;
  std::map<Fingerprint, std::size_t> by_certificate_;
  Counts counts_;
};

}  // namespace shosoin::gate
