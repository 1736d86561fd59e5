// 立会い (seed 002; E-05): the approver may ask that a person of the municipality is present when records are erased.
// Such an application is executed only while that presence holds: it was confirmed with a fresh code at most
// limits::kWitnessPresent of accepted time ago, in a session that has not ended, by somebody who neither applied nor
// executes (decision 0071). Any thread.
#pragma once

#include "admin-api/service/retention/erasures.h"

namespace shosoin::service {

bool needs_witness(const ErasureFacts& facts);
void ask_for_witness(ErasureFacts& facts);  // at the approval
// Why it may not run now for want of a witness: "witness-required", "witness-lapsed", "witness-executes"; empty: it
// may. `executor` null: the appliance itself. Reads only, and waits for no writer: asked under the hold of the writers.
Result<std::string_view> witness_refusal(Parts& parts, const ErasureFacts& facts, const Context* executor);
Error refuse_witness(Context& context, std::string_view reason);
// What is told of it, in the application, the report and the register; empty where none was asked for.
boost::json::object witness_told(const ErasureFacts& facts);

}  // namespace shosoin::service
