#include "admin-api/cli/login_reply.h"

#include <algorithm>

#include "admin-api/cli/session_file.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {

Result<void> keep_session(Context& context, boost::json::value& reply, const std::string& person,
                          const std::string& out) {
  const Error strange{ErrorCode::Internal, "find the session in the answer to a login"};
  if (!reply.is_object()) return strange;
  auto* token = reply.get_object().if_contains("session");
  if (token == nullptr || !token->is_string()) return strange;
  auto bytes = from_base64url(token->get_string());
  if (!bytes || bytes->size() != 32) return strange;
  Session session;
  std::copy(bytes->begin(), bytes->end(), session.token.begin());
  memory::wipe(*bytes);
  session.person = person;
  TRY(write_session(context, out, session));
  reply.get_object().erase("session");
  context.show(reply);
  return success();
}

}  // namespace shosoin::cli
