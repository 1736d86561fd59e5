#include "admin-api/gate/admission.h"

#include <algorithm>
#include <utility>

#include "firmware/base/limits_clients.h"

namespace shosoin::gate {
namespace {

template <class Key>
void count_down(std::map<Key, std::size_t>& counts, const Key& key) {
  const auto found = counts.find(key);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}
template <class Key>
std::size_t count_of(const std::map<Key, std::size_t>& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

Admission::Place::~Place() {
  if (owner_ == nullptr) return;
  const std::lock_guard lock(owner_->mutex_);
  if (!held_->shed) owner_->forget(*held_);
  owner_->holdings_.erase(held_);
}

bool Admission::Place::claim(const Fingerprint& certificate) {
  const std::lock_guard lock(owner_->mutex_);
  if (held_->shed) return false;
  if (count_of(owner_->by_certificate_, certificate) >= owner_->bounds_.per_certificate) {
    ++owner_->counts_.refused_certificates;
    return false;
  }
  ++owner_->by_certificate_[certificate];
  held_->certificate = certificate;
  held_->phase = Phase::Idle;
  return true;
}

void Admission::Place::enter(Phase phase) {
  const std::lock_guard lock(owner_->mutex_);
  held_->phase = phase;
}

void Admission::forget(const Held& held) {
  --live_;
  count_down(by_address_, held.address);
  if (held.certificate) count_down(by_certificate_, *held.certificate);
}

Admission::Holdings::iterator Admission::oldest(const Chosen& chosen) {
  return std::ranges::find_if(
      holdings_, [&](const Held& held) { return !held.shed && held.phase != Phase::Working && chosen(held); });
}

Admission::Holdings::iterator Admission::unfinished(Clock::time_point now, const Address* address) {
  return oldest([&](const Held& held) {
    return held.phase == Phase::Handshake && now - held.since >= limits::kHandshakeGrace &&
           (address == nullptr || held.address == *address);
  });
}

Admission::Holdings::iterator Admission::of_greediest_certificate(const Address& address, std::size_t least) {
  std::map<Fingerprint, std::size_t> counts;
  for (const auto& held : holdings_) {
    if (!held.shed && held.certificate && held.address == address) ++counts[*held.certificate];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& pair) { return pair.second; });
  if (most == counts.end() || most->second < least) return holdings_.end();
  return oldest([&](const Held& held) { return held.address == address && held.certificate == most->first; });
}

Admission::Holdings::iterator Admission::of_greediest_address(std::size_t more_than) {
  const auto most = std::ranges::max_element(by_address_, {}, [](const auto& pair) { return pair.second; });
  if (most == by_address_.end() || most->second <= more_than) return holdings_.end();
  const auto victim = of_greediest_certificate(most->first, 1);
  if (victim != holdings_.end()) return victim;
  return oldest([&](const Held& held) { return held.address == most->first; });
}

bool Admission::give_way(Holdings::iterator victim) {
  if (victim == holdings_.end()) return false;
  victim->shed = true;
  forget(*victim);
  ++counts_.shed;
  victim->close();
  return true;
}

std::optional<Admission::Place> Admission::enter(const Address& address, Clock::time_point now, Close close) {
  const std::lock_guard lock(mutex_);
  const std::size_t own = count_of(by_address_, address);
  bool room = true;
  if (own >= bounds_.per_address) {
    // Neighbours behind one address: a certificate that holds several gives way to one that may hold none.
    room = give_way(unfinished(now, &address)) || give_way(of_greediest_certificate(address, 2));
  } else if (live_ >= bounds_.total) {
    room = give_way(unfinished(now, nullptr)) || give_way(of_greediest_address(own + 1));
  }
  if (holdings_.size() >= bounds_.total + limits::kSheddingAtOnce) room = false;  // the threads have yet to close them
  if (!room) {
    ++counts_.turned_away;
    return std::nullopt;
  }
  ++live_;
  ++by_address_[address];
  holdings_.push_back({address, now, std::move(close)});
  return Place(this, std::prev(holdings_.end()));
}

bool Admission::shed_one(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return give_way(unfinished(now, nullptr)) || give_way(of_greediest_address(1));
}

std::size_t Admission::held() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

Admission::Counts Admission::take_counts() {
  const std::lock_guard lock(mutex_);
  return std::exchange(counts_, {});
}

}  // namespace shosoin::gate
