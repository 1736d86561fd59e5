// Idempotency-Key: the same key of the same person for the same kind of request gives the same reply. What is kept is
// an id, no personal data. Any thread.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

Result<std::optional<std::string>> find_reply(const TenantStore& store, const Context& context);
// Conflict with words of its own: the key came before, with a request that says something else. What the earlier one
// said is compared in its own entry; no digest of a request is kept, it could be one of a 個人番号.
Error key_of_another_request(Context& context);
std::optional<Entry> reply_entry(const Context& context, std::string_view id);  // none when the request carries no key

}  // namespace shosoin::service
