// The other end of a TLS connection: which certificate it showed, whether that is still taken, and how many key updates
// it has asked for. One thread, that of its connection.
#pragma once

#include <openssl/ssl.h>

#include <ctime>
#include <functional>

#include "admin-api/gate/request_map.h"
#include "admin-api/gate/trust.h"

namespace shosoin::gate {

class TlsPeer {
 public:
  // Before the handshake. give_up is called in the middle of the library's reading when key updates flood in: it may
  // only shut the socket.
  void prepare(SSL* connection, const Trust& trust, std::function<void()> give_up);
  bool take();  // after the handshake; false: no certificate can be had, which the handshake does not let through
  const Peer& peer() const { return peer_; }
  // Against the authorities and lists of now, and the certificate's own end; verifies again only when they have
  // changed.
  bool is_trusted();
  void begin_request() { key_updates_ = 0; }

 private:
  static void on_message(int sent, int version, int type, const void* bytes, std::size_t size, SSL*, void* self);
  SSL* connection_ = nullptr;
  const Trust* trust_ = nullptr;
  std::function<void()> give_up_;
  std::shared_ptr<const Anchors> taken_under_;
  std::time_t ends_ = 0;
  bool trusted_ = false;
  unsigned key_updates_ = 0;
  Peer peer_;
};

}  // namespace shosoin::gate
