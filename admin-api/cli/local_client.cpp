#include "admin-api/cli/local_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "admin-api/cli/context.h"
#include "admin-api/cli/report.h"
#include "admin-api/service/settings.h"
#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

Result<std::string> socket_path(Context& context) {
  service::SettingsFault fault;
  auto settings = service::load_settings(context.settings, fault);
  if (!settings) return context.explain(settings.error(), {}, context.japanese() ? fault.ja : fault.en);
  return settings.value().admin_socket.string();
}

std::string text_of_detail(const Context& context, const boost::json::object& body) {
  const auto* detail = body.if_contains("detail");
  if (detail != nullptr && detail->is_object()) {
    detail = detail->get_object().if_contains(context.japanese() ? "ja" : "en");
  }
  return detail != nullptr && detail->is_string() ? std::string(detail->get_string()) : std::string();
}

Error refusal_of(Context& context, const protocol::Reply& reply) {
  const std::size_t number = reply.status - 1U;
  const auto code = number < kErrorCodeCount ? static_cast<ErrorCode>(number) : ErrorCode::Internal;
  std::string pointer, detail;
  const auto body = crypto::parse_strict(reply.body);
  if (body && body.value().is_object()) {
    const auto& object = body.value().get_object();
    const auto* at = object.if_contains("pointer");
    if (at != nullptr && at->is_string()) pointer = at->get_string().c_str();
    detail = with_values(text_of_detail(context, object), object);
  }
  return context.explain(Error{code, "ask the vault"}, std::move(pointer), std::move(detail));
}

}  // namespace

LocalClient::LocalClient(LocalClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), next_id_(other.next_id_) {}
LocalClient::~LocalClient() {
  if (fd_ >= 0) ::close(fd_);
}

Result<LocalClient> LocalClient::open(Context& context) {
  TRY(auto path, socket_path(context));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return context.explain(Error{ErrorCode::Settings, "reach the administration socket"}, {}, path);
  }
  path.copy(address.sun_path, path.size());
  LocalClient client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.fd_ < 0) return Error{ErrorCode::Internal, "make a socket", errno};
  const timeval patience{limits::kCommandLinePatience.count(), 0};
  ::setsockopt(client.fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(client.fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return context.explain(Error{ErrorCode::Unavailable, "reach the vault on its administration socket", errno}, {},
                           path);
  }
  return client;
}

Result<void> LocalClient::send(ByteView bytes) const {
  while (!bytes.empty()) {
    const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return Error{ErrorCode::Unavailable, "send to the vault", errno};
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return success();
}

Result<Bytes> LocalClient::receive(std::size_t size) const {
  Bytes out(size);
  std::size_t at = 0;
  while (at < size) {
    const auto got = ::recv(fd_, out.data() + at, size - at, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{ErrorCode::Unavailable, "hear the vault's reply: its outcome is unknown", errno};
    at += static_cast<std::size_t>(got);
  }
  return out;
}

Result<boost::json::value> LocalClient::ask(Context& context, protocol::Request request) {
  request.id = next_id_++;
  TRY(protocol::check(request, protocol::Channel::Local));
  Bytes frame = protocol::encode(request);
  protocol::wipe_secrets(request);
  const auto sent = send(frame);
  memory::wipe(frame);
  TRY(sent);
  TRY(auto head, receive(protocol::kLengthSize));
  TRY(auto size, protocol::payload_size(std::span<const std::uint8_t, protocol::kLengthSize>(head.data(), head.size()),
                                        limits::kMaxReplyFrame));
  TRY(auto payload, receive(size));
  TRY(auto reply, protocol::decode_reply(payload));
  memory::wipe(payload);
  if (reply.id != request.id) return Error{ErrorCode::Internal, "match the vault's reply to the request"};
  if (reply.status != 0) return refusal_of(context, reply);
  if (reply.body.empty()) return boost::json::value(boost::json::object());
  auto parsed = crypto::parse_strict(reply.body);
  memory::wipe(reply.body);
  return parsed;
}

Result<void> put_sessions(Context& context, protocol::Request& request, const std::vector<std::string>& session_files) {
  const auto* rule = protocol::find_rule(request.kind);
  ENSURE(rule != nullptr);
  std::size_t wanted = 0;
  switch (rule->local_need) {
    case protocol::Need::Nobody:
      break;
    case protocol::Need::OnePerson:
      wanted = 1;
      break;
    case protocol::Need::TwoPersons:
      wanted = 2;
      break;
  }
  if (session_files.size() < wanted) {
    // None at all is an option that is missing; one person where it takes two is not enough.
    const auto code = session_files.empty() ? ErrorCode::BadRequest : ErrorCode::NotAuthenticated;
    return context.explain(
        Error{code, "find the sessions this act needs"}, {},
        std::string(context.pick(
            wanted == 2 ? Text{"--session を二人分、二回指定してください", "give --session twice, for two persons"}
                        : Text{"--session を指定してください", "give --session"})));
  }
  constexpr protocol::FieldId kFields[] = {protocol::FieldId::Session, protocol::FieldId::SecondSession};
  for (std::size_t i = 0; i < wanted; ++i) {
    TRY(auto session, read_session(context, session_files[i]));
    protocol::set(request, kFields[i], ByteView(session.token));
  }
  return success();
}

Result<void> act_locally(Context& context, protocol::Request request, const std::vector<std::string>& session_files) {
  TRY(put_sessions(context, request, session_files));
  TRY(auto client, LocalClient::open(context));
  TRY(auto reply, client.ask(context, std::move(request)));
  context.show(reply);
  return success();
}

Result<bool> is_in_repair_mode(Context& context) {
  TRY(auto client, LocalClient::open(context));
  TRY(auto health, client.ask(context, {protocol::RequestKind::Health, 0, {}}));
  const auto* mode = health.is_object() ? health.get_object().if_contains("mode") : nullptr;
  return mode != nullptr && *mode == "repair";
}

Result<void> act_without_session(Context& context, protocol::Request request) {
  const std::array<std::uint8_t, 32> none{};
  protocol::set(request, protocol::FieldId::Session, ByteView(none));
  TRY(auto client, LocalClient::open(context));
  TRY(auto reply, client.ask(context, std::move(request)));
  context.show(reply);
  return success();
}

}  // namespace shosoin::cli
