// The vault's side of every request: who asks, whether he may, the handler, and the line in the log before the answer
// leaves (DESIGN promises 4 and 7). Any thread.
#pragma once

#include "admin-api/service/context.h"
#include "admin-api/service/imports.h"
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
  };
  Outcome handle(const protocol::Request& request, protocol::Channel channel);
  // One round: sessions, log keys, merges, lapsed imports, the empty batch of each day (promise 8). An error that calls
  // for the end of the process comes back in `end`; others are reported and tried again.
  std::optional<ErrorCode> maintain();
  Parts& parts() { return parts_; }

 private:
  void serve(const protocol::Request& request, protocol::Channel channel, Outcome& outcome);
  Answer answer(const protocol::RequestRule& rule, Context& context);
  Answer answer_within_memory(const protocol::RequestRule& rule, Context& context);
  Result<void> authenticate(const protocol::RequestRule& rule, Context& context);
  Result<std::shared_ptr<const std::optional<Person>>> known_person(const std::string& id);
  Result<Caller> caller_of(Context& context, protocol::FieldId field);
  Result<void> log_outcome(const protocol::RequestRule& rule, Context& context, std::string_view result);
  Definitions definitions_;
  Imports imports_;
  Tenants tenants_;
  Sessions sessions_;
  Space space_;
  Parts parts_;
  Instant next_daily_batch_{}, next_state_copy_{};
};

// What ends the process after the answer (STYLE, errors).
bool ends_process(ErrorCode code);

}  // namespace shosoin::service
