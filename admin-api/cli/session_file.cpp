#include "admin-api/cli/session_file.h"

#include <algorithm>

#include "admin-api/cli/context.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/flat_file.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

constexpr std::string_view kToken = "token", kPerson = "person";
constexpr std::size_t kMaxSessionFile = 4096;

}  // namespace

Session::~Session() { memory::wipe(std::span<std::uint8_t>(token)); }

Result<Session> read_session(Context& context, const std::string& path) {
  auto text = read_private(path, kMaxSessionFile);
  if (!text) return context.explain(text.error(), {}, path);
  FlatFault fault;
  auto parsed = parse_flat(text.value(), {kToken, kPerson}, fault);
  memory::wipe(text.value());
  if (!parsed) return context.explain(parsed.error(), fault.place, path);
  auto bytes = from_base64url(parsed.value()[std::string(kToken)]);
  memory::wipe(parsed.value()[std::string(kToken)]);
  Session session;
  if (!bytes || bytes->size() != session.token.size()) {
    return context.explain(Error{ErrorCode::BadRequest, "read a session file"}, "/token", path);
  }
  std::copy(bytes->begin(), bytes->end(), session.token.begin());
  memory::wipe(*bytes);
  session.person = parsed.value()[std::string(kPerson)];
  return session;
}

Result<void> write_session(Context& context, const std::string& path, const Session& session) {
  std::string text = "token = \"" + to_base64url(session.token) + "\"\nperson = \"" + session.person + "\"\n";
  const auto written = write_private(path, view_of(text), true);
  memory::wipe(text);
  if (!written) return context.explain(written.error(), {}, path);
  return success();
}

}  // namespace shosoin::cli
