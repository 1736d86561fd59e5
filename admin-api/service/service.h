// The vault's side of every request: who asks, whether he may, the handler, and the line in the log before the answer
// leaves (DESIGN promises 4 and 7). Any thread.
#pragma once

#include "admin-api/service/context.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/space.h"

namespace shosoin::service {

struct Installation {
  std::string provisioning;                  // provisioning.json
  std::filesystem::path terminal_authority;  // terminal-ca.pem
};

class Service {
 public:
  Service(erasure::Appliance& appliance, const Settings& settings, const Clock& clock,
          const files::DefinitionSet& definitions, Installation installation);
  struct Outcome {
    protocol::Reply reply;
    std::optional<ErrorCode>
        end;  // answer, then end the process: the outcome of a write or of a TPM command is unknown
    // The reply must not leave before this flush is durable (promise 4). Only begin() gives one.
    std::optional<journal::Journal::Ticket> after{};
  };
  Outcome handle(const protocol::Request& request, protocol::Channel channel);
  // For whoever serves others while a line is on its way to the disk: does not wait for it.
  Outcome begin(const protocol::Request& request, protocol::Channel channel);
  // Whether begin() has little to wait for besides: a retrieval by a key, of a tenant that is open.
  bool is_brief(const protocol::Request& request) const;
  journal::Journal& journal() { return parts_.appliance.journal(); }
  // One round: sessions, log keys, merges, lapsed imports, the empty batch of each day (promise 8). An error that calls
  // for the end of the process comes back in `end`; others are reported and tried again.
  std::optional<ErrorCode> maintain();
  Parts& parts() { return parts_; }

 private:
  std::optional<ErrorCode> maintain_once();
  enum class Line { Waited, Begun };
  Outcome within_memory(const protocol::Request& request, protocol::Channel channel, Line line);
  void serve(Context& context, Outcome& outcome);
  Answer answer(const protocol::RequestRule& rule, Context& context);
  Answer answer_within_memory(const protocol::RequestRule& rule, Context& context);
  Result<void> authenticate(const protocol::RequestRule& rule, Context& context);
  Result<std::shared_ptr<const std::optional<Person>>> known_person(const std::string& id);
  Result<Caller> caller_of(Context& context, protocol::FieldId field);
  Result<void> open_some();
  Result<void> log_outcome(const protocol::RequestRule& rule, Context& context, std::string_view result);
  Definitions definitions_;
  Imports imports_;
  Tenants tenants_;
  Sessions sessions_;
  Space space_;
  Parts parts_;
  std::chrono::steady_clock::time_point next_daily_batch_{}, next_state_copy_{};
  // By a clock that nobody sets: a system clock that came back from years ahead would keep them waiting for years.
  bool wants_batch_ = false;  // the scheduler has applied for erasures
  std::chrono::steady_clock::time_point next_clock_{}, next_terms_{}, next_round_{}, next_open_{};
};

// What ends the process after the answer (STYLE, errors).
bool ends_process(ErrorCode code);

}  // namespace shosoin::service
