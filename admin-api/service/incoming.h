// What comes in on one channel of the vault, a frame at a time, most in one call of the kernel: what stands behind a
// length is its payload already, for the next request comes after our reply. One thread at a time.
#pragma once

#include <array>
#include <atomic>

#include "admin-api/protocol/protocol.h"

namespace shosoin::service {

class Incoming {
 public:
  Incoming(int socket, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {}
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  ~Incoming();

  // Waits: false at the end of the stream, on an error, when the rest of a frame is too long in coming, or when
  // `stopping` before its first byte.
  bool head(std::array<std::uint8_t, protocol::kLengthSize>& out);
  bool payload(std::span<std::uint8_t> out);

  // Does not wait. Part: begun, or too large for here; head() and payload() go on with it.
  enum class Seen { Whole, Part, Nothing, Gone };
  Seen look();
  ByteView whole() const;  // the payload of a whole frame, until done()
  void done();
  bool may_have_more() const { return filled_; }

 private:
  std::size_t some(std::span<std::uint8_t> out, bool first);
  const int socket_;
  const std::atomic<bool>& stopping_;
  std::array<std::uint8_t, 2048> near_{};  // a retrieval's request and more
  std::size_t have_ = 0;
  bool filled_ = false;  // the last look() ended for want of room
};

bool send_all(int socket, ByteView bytes);  // waits as long as the socket's patience

}  // namespace shosoin::service
