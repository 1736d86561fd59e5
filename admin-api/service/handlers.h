// The handlers, one for each kind of request, and the table that names them. Called by the service only.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

Answer health(Parts& parts, Context& context);
Answer provisioning_show(Parts& parts, Context& context);
Answer certificate_show(Parts& parts, Context& context);
Answer batch_certificate_show(Parts& parts, Context& context);
Answer backup_create(Parts& parts, Context& context);
Answer lost_records(Parts& parts, Context& context);
Result<void> may_see_certificates(Context& context);  // audit, or whoever applies for or approves erasures
Answer status(Parts& parts, Context& context);
Answer clock_status(Parts& parts, Context& context);
Answer clock_accept(Parts& parts, Context& context);
Answer storage_check(Parts& parts, Context& context);
Answer journal_walk(Parts& parts, Context& context);

Answer retrieve(Parts& parts, Context& context);
Answer retrieve_record(Parts& parts, Context& context);

Answer number_change_request(Parts& parts, Context& context);
Answer number_change_show(Parts& parts, Context& context);
Answer number_change_list(Parts& parts, Context& context);
Answer number_change_decide(Parts& parts, Context& context);

Answer linking_report(Parts& parts, Context& context);

Answer import_open(Parts& parts, Context& context);
Answer import_chunk(Parts& parts, Context& context);
Answer import_close(Parts& parts, Context& context);
Answer import_show(Parts& parts, Context& context);
Answer import_decide(Parts& parts, Context& context);
Answer quarantine_list(Parts& parts, Context& context);
Answer identify(Parts& parts, Context& context);
Answer identification_decide(Parts& parts, Context& context);
Answer conversion_list(Parts& parts, Context& context);

Answer erasure_request(Parts& parts, Context& context);
Answer erasure_show(Parts& parts, Context& context);
Answer erasure_list(Parts& parts, Context& context);
Answer erasure_decide(Parts& parts, Context& context);
Answer erasure_execute(Parts& parts, Context& context);
Answer retention_rule_propose(Parts& parts, Context& context);
Answer retention_rule_decide(Parts& parts, Context& context);
Answer retention_rule_list(Parts& parts, Context& context);
Answer hold_set(Parts& parts, Context& context);
Answer hold_release(Parts& parts, Context& context);
Answer hold_decide(Parts& parts, Context& context);
Answer hold_list(Parts& parts, Context& context);
Answer due_list(Parts& parts, Context& context);
Answer retention_calendar(Parts& parts, Context& context);
Answer batch_run(Parts& parts, Context& context);

Answer tenant_create(Parts& parts, Context& context);
Answer tenant_list(Parts& parts, Context& context);
Answer tenant_removal_request(Parts& parts, Context& context);
Answer tenant_removal_decide(Parts& parts, Context& context);
Answer tenant_removal_show(Parts& parts, Context& context);
Answer tenant_removal_withdraw(Parts& parts, Context& context);
Answer person_add(Parts& parts, Context& context);
Answer person_list(Parts& parts, Context& context);
Answer person_unlock(Parts& parts, Context& context);
Answer person_disable(Parts& parts, Context& context);
Answer terminal_add(Parts& parts, Context& context);
Answer terminal_list(Parts& parts, Context& context);
Answer terminal_revoke(Parts& parts, Context& context);

Answer file_preview(Parts& parts, Context& context);
Answer file_add(Parts& parts, Context& context);
Answer file_list(Parts& parts, Context& context);
Answer file_show(Parts& parts, Context& context);

// Null for a kind that is not in the table.
Handler handler_of(protocol::RequestKind kind);

}  // namespace shosoin::service
