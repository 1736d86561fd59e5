#include "admin-api/gate/descriptors.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "firmware/base/limits.h"
#include "firmware/base/limits_clients.h"

namespace shosoin::gate {

Result<std::size_t> make_room_for(std::size_t connections) {
  constexpr rlim_t others = limits::kDescriptorsOfOurs + limits::kGateChannels + limits::kSheddingAtOnce;
  const rlim_t wanted = connections + others;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return Error{ErrorCode::Settings, "read the descriptor limit", errno};
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return Error{ErrorCode::Settings, "raise the descriptor limit", errno};
  }
  if (limit.rlim_cur >= wanted) return connections;
  if (limit.rlim_cur < others + limits::kConnectionsLeast) {
    return Error{ErrorCode::Settings, "find room for connections under the descriptor limit",
                 static_cast<std::int64_t>(limit.rlim_max)};
  }
  return static_cast<std::size_t>(limit.rlim_cur - others);
}

ReserveDescriptor::ReserveDescriptor() : kept_(::eventfd(0, EFD_CLOEXEC)) {}
ReserveDescriptor::~ReserveDescriptor() {
  if (kept_ >= 0) ::close(kept_);
}

void ReserveDescriptor::turn_one_away(int listener) {
  if (kept_ >= 0) ::close(kept_);
  const int refused = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (refused >= 0) ::close(refused);
  kept_ = ::eventfd(0, EFD_CLOEXEC);
}

}  // namespace shosoin::gate
