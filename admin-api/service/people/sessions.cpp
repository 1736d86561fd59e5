#include "admin-api/service/people/sessions.h"

#include <algorithm>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::service {
namespace {

constexpr std::uint16_t kSessionFormat = 1;

std::uint64_t milliseconds(Instant instant) { return static_cast<std::uint64_t>(instant.time_since_epoch().count()); }
Instant instant_of(std::uint64_t value) { return Instant{std::chrono::milliseconds(static_cast<std::int64_t>(value))}; }
EntryKey session_key(const Digest& id) { return {TableId::Sessions, copy_of(id)}; }

}  // namespace

Bytes encode_session(const Session& session) {
  return Writer{}
      .u16(kSessionFormat)
      .text16(session.person)
      .raw(session.terminal)
      .u64(milliseconds(session.opened))
      .u64(milliseconds(session.last))
      .take();
}

Result<Session> decode_session(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  Session session;
  session.person = in.text16(limits::kMaxPersonText);
  session.terminal = in.fixed<32>();
  session.opened = instant_of(in.u64());
  session.last = instant_of(in.u64());
  TRY(in.finish("read a session"));
  if (format != kSessionFormat) return Error{ErrorCode::Integrity, "read a session of another format", format};
  return session;
}

Sessions::Sessions(TenantStore& zero, const Clock& clock, SessionTimes times)
    : zero_(zero), clock_(clock), times_(times) {}

Digest Sessions::id_of(ByteView token) { return crypto::sha256(token); }

Instant Sessions::last_of(const NamedSession& named) const {
  std::unique_lock lock(mutex_);
  const auto found = activity_.find(named.id);
  return found == activity_.end() ? named.session.last : std::max(found->second, named.session.last);
}

bool Sessions::is_live(const NamedSession& named) const {
  const auto now = clock_.now();
  // Exactly the limit is already over (A-14: "300 seconds or more").
  return now - last_of(named) < times_.idle && now - named.session.opened < times_.absolute;
}

Result<std::shared_ptr<const std::optional<Session>>> Sessions::stored(const Digest& id) {
  return remembered_.get(zero_, text_of(id), [&]() -> Result<std::optional<Session>> {
    TRY(auto bytes, zero_.get(session_key(id)));
    if (!bytes) return std::optional<Session>{};
    TRY(auto session, decode_session(*bytes));
    return std::optional(std::move(session));
  });
}

Result<NamedSession> Sessions::check(ByteView token, const Fingerprint& terminal) {
  const auto id = id_of(token);
  TRY(const auto found, stored(id));
  if (!*found) {
    std::unique_lock lock(mutex_);
    if (expired_.contains(id)) return Error{ErrorCode::SessionExpired, "use a session that has expired"};
    return Error{ErrorCode::NotAuthenticated, "find the session"};
  }
  NamedSession named{id, **found};
  if (named.session.terminal != terminal) return Error{ErrorCode::NotAuthenticated, "use a session on its terminal"};
  if (!is_live(named)) return Error{ErrorCode::SessionExpired, "use a session that has expired"};
  std::unique_lock lock(mutex_);
  auto& last = activity_[id];
  last = std::max(last, clock_.now());
  return named;
}

Result<std::vector<NamedSession>> Sessions::all() const {
  std::vector<NamedSession> found;
  Result<void> read = success();
  TRY(zero_.scan(TableId::Sessions, {}, [&](const Entry& entry) {
    auto session = decode_session(*entry.value);
    if (!session || entry.key.bytes.size() != 32) {
      read = Error{ErrorCode::Integrity, "read the sessions"};
      return false;
    }
    NamedSession named{{}, std::move(session.value())};
    std::copy_n(entry.key.bytes.begin(), named.id.size(), named.id.begin());
    found.push_back(std::move(named));
    return found.size() <= limits::kMaxPeople;  // one for each person at most
  }));
  TRY(std::move(read));
  return found;
}

Result<std::vector<NamedSession>> Sessions::of_person(std::string_view person_id) const {
  const auto key = person_key(person_id);
  TRY(auto found, all());
  std::erase_if(found, [&](const NamedSession& named) { return person_key(named.session.person) != key; });
  return found;
}

Result<std::vector<NamedSession>> Sessions::at_terminal(const Fingerprint& terminal) const {
  TRY(auto found, all());
  std::erase_if(found, [&](const NamedSession& named) { return named.session.terminal != terminal; });
  return found;
}

Entry Sessions::entry_for(const NamedSession& named) const {
  return {session_key(named.id), encode_session(named.session)};
}
Entry Sessions::removal_of(const Digest& id) const { return {session_key(id), std::nullopt}; }

void Sessions::opened(const Digest& id) {
  std::unique_lock lock(mutex_);
  activity_[id] = clock_.now();
}

void Sessions::ended(const Digest& id, bool expired) {
  std::unique_lock lock(mutex_);
  activity_.erase(id);
  if (!expired || !expired_.insert(id).second) return;
  expired_order_.push_back(id);
  if (expired_order_.size() > limits::kEndedSessions) {
    expired_.erase(expired_order_.front());
    expired_order_.pop_front();
  }
}

Result<std::vector<NamedSession>> Sessions::behind() const {
  TRY(auto found, all());
  std::vector<NamedSession> out;
  for (auto& named : found) {
    const auto last = last_of(named);
    if (last - named.session.last < limits::kActivityWritten) continue;
    named.session.last = last;
    out.push_back(std::move(named));
  }
  return out;
}

}  // namespace shosoin::service
