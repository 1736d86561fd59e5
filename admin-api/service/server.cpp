#include "admin-api/service/server.h"

#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "firmware/base/limits.h"
#include "firmware/base/limits_speed.h"
#include "firmware/base/log.h"

namespace shosoin::service {
namespace {

constexpr int kBacklog = 64;
constexpr int kPollMilliseconds = 500;  // how soon a stop is noticed
constexpr mode_t kSocketMode = 0660;    // the package puts the gate into the socket's group

Result<std::vector<unsigned>> gate_users(const Settings& settings) {
  std::vector<unsigned> users{::geteuid()};
  if (settings.gate_user.empty()) return users;
  const auto* entry = ::getpwnam(settings.gate_user.c_str());
  if (entry == nullptr) return Error{ErrorCode::Settings, "find the account of the gate"};
  users.push_back(entry->pw_uid);
  return users;
}

}  // namespace

Result<Server::Listener> Server::listen_at(const std::filesystem::path& path, protocol::Channel channel,
                                           std::vector<unsigned> users) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) return Error{ErrorCode::Settings, "use so long a socket path"};
  path.native().copy(address.sun_path, path.native().size());
  disk::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Error{ErrorCode::Unavailable, "make a socket", errno};
  ::unlink(path.c_str());  // of a process that was killed; the data directory's lock keeps a second vault away
  const auto old_mask = ::umask(0117);
  const int bound = ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int why = errno;
  ::umask(old_mask);
  if (bound != 0) return Error{ErrorCode::Settings, "bind a socket", why};
  if (::chmod(path.c_str(), kSocketMode) != 0) return Error{ErrorCode::Settings, "set the mode of a socket", errno};
  if (::listen(socket.number(), kBacklog) != 0) return Error{ErrorCode::Unavailable, "listen on a socket", errno};
  return Listener{std::move(socket), channel, path, std::move(users)};
}

Result<std::unique_ptr<Server>> Server::bind(const Settings& settings, Ends ends) {
  TRY(auto users, gate_users(settings));
  std::vector<Listener> listeners;
  TRY(auto gate, listen_at(settings.gate_socket, protocol::Channel::Gate, std::move(users)));
  listeners.push_back(std::move(gate));
  TRY(auto local, listen_at(settings.admin_socket, protocol::Channel::Local, {0, ::geteuid()}));
  listeners.push_back(std::move(local));
  return std::unique_ptr<Server>(new Server(std::move(listeners), std::move(ends)));
}

Server::~Server() { stop(); }

Result<void> Server::start(Service& service) {
  const auto count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, limits::kVaultLoops);
  const auto go_aside = [this](ChannelLoop& loop, GateChannel& channel, std::optional<protocol::Request>& request) {
    return step_aside(loop, channel, request);
  };
  for (std::size_t i = 0; i < count; ++i) {
    TRY(auto loop, ChannelLoop::make({service, stopping_, ends_, go_aside, [this](int socket) { let_go(socket); }}));
    loops_.push_back(std::move(loop));
  }
  start([&service](const auto& request, protocol::Channel channel) { return service.handle(request, channel); });
  return success();
}
void Server::start(Handle handle) {
  handle_ = std::move(handle);
  for (const auto& listener : listeners_) acceptors_.emplace_back([this, &listener] { accept_all(listener); });
}

void Server::stop() {
  stopping_ = true;
  for (auto& thread : acceptors_) thread.join();
  acceptors_.clear();
  loops_.clear();
  std::unique_lock lock(mutex_);
  emptied_.wait(lock, [this] { return channels_.empty(); });
  for (const auto& listener : listeners_) ::unlink(listener.path.c_str());
  listeners_.clear();
}

bool Server::may_connect(int socket, const Listener& listener) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return std::ranges::find(listener.users, peer.uid) != listener.users.end();
}

void Server::accept_all(const Listener& listener) {
  while (!stopping_) {
    pollfd waiting{listener.socket.number(), POLLIN, 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const int socket = ::accept4(listener.socket.number(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const timeval look{0, kPollMilliseconds * 1000};
    const timeval patience{limits::kVaultReadWait.count(), 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::unique_lock lock(mutex_);
    if (!may_connect(socket, listener) || channels_.size() >= limits::kVaultChannels) {
      oplog::warning("a connection to the vault was turned away");
      ::close(socket);
      continue;
    }
    lock.unlock();
    take_in(socket, listener.channel);
  }
}

// A channel for which there is no memory or no thread is closed; the others go on.
void Server::take_in(int socket, protocol::Channel channel) {
  const auto turn_away = [&] {
    oplog::warning("a connection to the vault was turned away: no memory or no thread for it");
    std::unique_lock lock(mutex_);
    channels_.erase(socket);
    ::close(socket);
    emptied_.notify_all();
  };
  try {
    std::unique_lock lock(mutex_);
    channels_.insert(socket);
    lock.unlock();
    if (channel == protocol::Channel::Gate && !loops_.empty()) {
      loops_[next_loop_++ % loops_.size()]->take_in(socket);  // by one acceptor alone
    } else {
      std::thread([this, socket, channel] { serve(socket, channel); }).detach();
    }
  } catch (const std::bad_alloc&) {
    turn_away();
  } catch (const std::system_error&) {
    turn_away();
  }
}

void Server::serve(int socket, protocol::Channel channel) {
  {
    Incoming incoming(socket, stopping_);
    while (!stopping_ && exchange(incoming, socket, channel)) {
    }
  }
  let_go(socket);
}
void Server::let_go(int socket) {
  std::unique_lock lock(mutex_);
  channels_.erase(socket);  // first: once closed, the number may be another channel's
  ::close(socket);
  emptied_.notify_all();
}

// What a loop does not do itself, on a thread of its own. As many as there are channels at most.
bool Server::step_aside(ChannelLoop& loop, GateChannel& channel, std::optional<protocol::Request>& request) {
  channel.asked = std::move(request);
  try {
    std::thread([this, &loop, &channel] {
      if (!serve_aside(channel)) ::shutdown(channel.socket, SHUT_RDWR);  // the loop sees that and closes it
      channel.asked.reset();
      loop.come_back(channel);
    }).detach();
    return true;
  } catch (const std::bad_alloc&) {
  } catch (const std::system_error&) {
  }
  request = std::exchange(channel.asked, std::nullopt);
  return false;
}
bool Server::serve_aside(GateChannel& channel) {
  auto& request = channel.asked;
  if (!channel.rest.empty()) {
    const bool sent = send_all(channel.socket, channel.rest);
    memory::wipe(channel.rest);
    channel.rest = {};
    return sent;
  }
  if (!request) return exchange(channel.incoming, channel.socket, protocol::Channel::Gate);
  try {
    return reply_to(channel.socket, protocol::Channel::Gate, *request);
  } catch (const std::bad_alloc&) {
    oplog::warning("out of memory: a request was given up");
    protocol::wipe_secrets(*request);
    return send_all(channel.socket, protocol::encode_bare(protocol::status_of(ErrorCode::OutOfMemory), request->id));
  }
}

// One request and its reply. Out of memory: the request is refused with a frame that takes none, and the channel goes
// on - unless the request could not even be read.
bool Server::exchange(Incoming& incoming, int socket, protocol::Channel channel) {
  std::array<std::uint8_t, protocol::kLengthSize> head{};
  if (!incoming.head(head)) return false;
  const auto size = protocol::payload_size(head, limits::kMaxRequestFrame);
  if (!size) return false;
  Bytes payload;
  std::optional<std::uint64_t> id;
  try {
    payload.resize(size.value());
    if (!incoming.payload(payload)) return false;
    id = protocol::id_in(payload);
    return answer(socket, channel, payload);
  } catch (const std::bad_alloc&) {
    oplog::warning("out of memory: a request was given up");
    memory::wipe(payload);
    return id && send_all(socket, protocol::encode_bare(protocol::status_of(ErrorCode::OutOfMemory), *id));
  }
}

// After a frame that is not understood the channel is closed: nothing behind it can be trusted.
bool Server::answer(int socket, protocol::Channel channel, Bytes& payload) {
  auto request = protocol::decode_request(payload, channel);
  memory::wipe(payload);
  if (request) return reply_to(socket, channel, request.value());
  send_all(socket, protocol::encode(
                       protocol::Reply{protocol::status_of(request.error().code()), 0, R"({"code":"bad-request"})"}));
  return false;
}

bool Server::reply_to(int socket, protocol::Channel channel, protocol::Request& request) {
  struct Ending {  // after the answer, and where none could be made
    const Ends& ends;
    bool wanted = false;
    ErrorCode code = ErrorCode::Internal;
    ~Ending() {
      if (wanted) ends(code);
    }
  } ending{ends_};
  auto outcome = handle_(request, channel);
  ending.wanted = outcome.end.has_value();
  ending.code = outcome.end.value_or(ErrorCode::Internal);
  protocol::wipe_secrets(request);
  auto reply = protocol::encode(outcome.reply);
  memory::wipe(outcome.reply.body);
  const bool sent = send_all(socket, reply);
  memory::wipe(reply);
  return sent;
}

}  // namespace shosoin::service
