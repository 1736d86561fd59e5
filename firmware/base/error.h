// The one table of errors: a code says what the caller can do, and maps to one HTTP status, one exit code and one message in
// Japanese and English (error.cpp). Error carries no outside text: a name, a number or a PIN cannot get into it.
#pragma once

#include <cstdint>
#include <string_view>

namespace shosoin {

enum class ErrorCode : std::uint8_t {
  BadRequest,          // malformed request, argument or file
  InvalidContent,      // well-formed, but a value is not acceptable
  NotAuthenticated,    // no session, or the two factors do not hold; never says which
  SessionExpired,      // five minutes idle, or the absolute limit
  NotPermitted,        // authenticated, but not allowed
  NotFound,            // unknown, or belongs to somebody else: the two look alike
  Conflict,            // the state does not allow it now
  AlreadyLoggedIn,     // the operator holds a session on another terminal
  SamePerson,          // the one who asked may not approve; nor from the same terminal
  Erased,              // 410, only for a random record id the asker already holds
  TooEarly,            // retention has not ended
  TooLarge,            // over a named limit
  TooMany,             // over a rate or a count limit
  Locked,              // a hold, a lock or repair mode stands in the way
  Integrity,           // stored data is missing, stale or does not authenticate
  StorageFull,         // no room; nothing was changed
  StorageFailed,       // the outcome of a write is unknown: the process must end
  RolledBack,          // the stored state is older than the TPM
  Forked,              // the TPM has gone another way than the stored state: a copy of it was run elsewhere
  ForeignTpm,          // not the TPM this installation was made with
  TpmRefused,          // the TPM answered no
  TpmUnreachable,      // no answer: the outcome of the command is unknown
  Unavailable,         // not ready, or shutting down
  Settings,            // a settings file or the installation is wrong
  Internal,            // a defect of ours
  RepairMode,          // the vault cannot write where its data are: it serves without keys until it can
  OutOfMemory,         // this request was given up; whether it was done is to be looked up
  LostInRestore,       // the record's row was in no backup: its key is there, what it opened is not
};
inline constexpr std::size_t kErrorCodeCount = static_cast<std::size_t>(ErrorCode::LostInRestore) + 1;

struct ErrorRow {
  ErrorCode code;
  std::string_view slug;  // the last part of the problem type, e.g. "not-authenticated"
  int http_status;
  int exit_code;          // sysexits.h where one fits; documented in `shosoin --help`
  std::string_view ja;    // what happened and what to do
  std::string_view en;
};
const ErrorRow& error_row(ErrorCode code) noexcept;

// A compile-time text. The constructor is consteval: only literals get in.
class Literal {
 public:
  consteval Literal(const char* text) : text_(text) {}
  constexpr std::string_view view() const noexcept { return text_; }

 private:
  std::string_view text_;
};

// What failed: the code, what was being done, and the outside library's own number (errno, TSS2_RC, MDB code) for the log.
class Error {
 public:
  constexpr Error(ErrorCode code, Literal doing, std::int64_t outside = 0) noexcept
      : code_(code), doing_(doing), outside_(outside) {}
  constexpr ErrorCode code() const noexcept { return code_; }
  constexpr std::string_view doing() const noexcept { return doing_.view(); }
  constexpr std::int64_t outside() const noexcept { return outside_; }

 private:
  ErrorCode code_;
  Literal doing_;
  std::int64_t outside_;
};

}  // namespace shosoin
