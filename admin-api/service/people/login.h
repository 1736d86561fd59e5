// Both factors, always checked in full: until both hold, every refusal is the same answer after the same
// work. Any thread; at most limits::kParallelPasswordHashes Argon2id runs at once.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

Answer login(Parts& parts, Context& context);
Answer logout(Parts& parts, Context& context);
Answer session_show(Parts& parts, Context& context);

enum class SessionEnd : std::uint8_t { Manual, Forced, Absolute, Revoked, Replaced };  // L-16
std::string_view end_name(SessionEnd end);
// Removes the session and writes its line: in its person's tenant while that is open, else in tenant zero.
Result<void> end_session(Parts& parts, const NamedSession& named, SessionEnd end);
// All sessions that are over, at start and in every round of maintenance.
Result<void> expire_sessions(Parts& parts);
Result<void> write_activity(Parts& parts);

}  // namespace shosoin::service
