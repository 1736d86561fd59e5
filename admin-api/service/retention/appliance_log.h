// The log of the appliance itself (tenant zero: logins, officers, tenants, batches). Its months are kept for the term
// of a rule that two security officers adopt, held, and erased by dropping their key in a batch like a tenant's (L-15,
// E-02, E-03; decision 0078). The adoption is the standing approval: what has ended goes without an application. Any
// thread.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

// Stands where a municipality's code would, in certificate and register: no code of a tenant is a word.
inline constexpr std::string_view kApplianceCode = "appliance";
TenantFacts appliance_facts();

Answer appliance_log_rule(Parts& parts, Context& context);
Answer appliance_log_show(Parts& parts, Context& context);
Answer appliance_log_erase(Parts& parts, Context& context);
Answer appliance_log_hold(Parts& parts, Context& context);
Answer appliance_log_release(Parts& parts, Context& context);

}  // namespace shosoin::service
