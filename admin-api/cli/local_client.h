// The local administration socket: one request, one reply, in the vault's protocol. The socket is found through the
// settings. One thread.
#pragma once

#include <boost/json/value.hpp>
#include <vector>

#include "admin-api/cli/session_file.h"
#include "admin-api/protocol/protocol.h"

namespace shosoin::cli {

class Context;

class LocalClient {
 public:
  static Result<LocalClient> open(Context& context);
  LocalClient(LocalClient&& other) noexcept;
  LocalClient& operator=(LocalClient&&) = delete;
  LocalClient(const LocalClient&) = delete;
  LocalClient& operator=(const LocalClient&) = delete;
  ~LocalClient();

  // The reply's JSON. A refusal comes back as its own error with pointer and detail told to the context. Wipes the
  // secrets of `request`.
  Result<boost::json::value> ask(Context& context, protocol::Request request);

 private:
  explicit LocalClient(int fd) : fd_(fd) {}
  Result<void> send(ByteView bytes) const;
  Result<Bytes> receive(std::size_t size) const;
  int fd_;
  std::uint64_t next_id_ = 1;
};

// Puts one or two sessions into the request, as the permit table asks for; tells which are missing.
Result<void> put_sessions(Context& context, protocol::Request& request, const std::vector<std::string>& session_files);
// open, put_sessions, ask, show: what most administrator commands do.
Result<void> act_locally(Context& context, protocol::Request request, const std::vector<std::string>& session_files);
// A vault in repair mode has no keys to check a session with: what it tells at all, it tells without one.
Result<bool> is_in_repair_mode(Context& context);
Result<void> act_without_session(Context& context, protocol::Request request);

}  // namespace shosoin::cli
