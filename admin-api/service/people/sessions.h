// Sessions (DESIGN section 8): opened by two factors, bound to a terminal, five minutes idle, one for each person
// . Tenant zero holds them under SHA-256 of their token, so they survive a restart and a stolen disk
// yields none. Any thread.
//
// The exact last activity is in memory and is written at most every limits::kActivityWritten by maintenance. What is
// written is never later than what was: after a restart the idle time may be counted too long, never too short.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "admin-api/service/remembered.h"

namespace shosoin::service {

struct Session {
  std::string person;
  Fingerprint terminal{};
  Instant opened{}, last{};
};
struct NamedSession {
  Digest id{};  // SHA-256 of the token
  Session session;
};
struct SessionTimes {
  std::chrono::seconds idle, absolute;
};

Bytes encode_session(const Session& session);
Result<Session> decode_session(ByteView bytes);

class Sessions {
 public:
  Sessions(TenantStore& zero, const Clock& clock, SessionTimes times);

  static Digest id_of(ByteView token);
  // Who this token stands for on this terminal. NotAuthenticated: unknown, ended, another terminal. SessionExpired:
  // idle too long or over the absolute limit; the caller ends it.
  Result<NamedSession> check(ByteView token, const Fingerprint& terminal);
  bool is_live(const NamedSession& named) const;
  Result<std::vector<NamedSession>> all() const;
  Result<std::vector<NamedSession>> of_person(std::string_view person_id) const;
  Result<std::vector<NamedSession>> at_terminal(const Fingerprint& terminal) const;

  // For changes of tenant zero; memory follows with opened() and ended() once the change stands.
  Entry entry_for(const NamedSession& named) const;
  Entry removal_of(const Digest& id) const;
  void opened(const Digest& id);
  void ended(const Digest& id, bool expired);
  // Sessions whose written activity is behind by limits::kActivityWritten or more, with the activity to write.
  Result<std::vector<NamedSession>> behind() const;
  SessionTimes times() const { return times_; }

 private:
  Result<std::shared_ptr<const std::optional<Session>>> stored(const Digest& id);
  Instant last_of(const NamedSession& named) const;
  TenantStore& zero_;
  const Clock& clock_;
  SessionTimes times_;
  Remembered<std::optional<Session>> remembered_;
  mutable std::mutex mutex_;
  std::map<Digest, Instant> activity_;
  std::set<Digest> expired_;  // so that a late call hears "expired" and not "unknown"
  std::deque<Digest> expired_order_;
};

}  // namespace shosoin::service
