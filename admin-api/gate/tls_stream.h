// TLS over a socket of ours: the library reads and writes the socket itself, without buffers in between, and the event
// loop is asked only when the kernel has nothing. One thread, that of its worker. A deadline that passes closes the
// socket; whatever was waiting then fails.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string_view>

#include "admin-api/gate/executor.h"

namespace shosoin::gate {

class TlsStream {
 public:
  TlsStream(TcpSocket socket, SSL_CTX* settings);  // std::bad_alloc where no TLS state can be made

  SSL* native_handle() const { return tls_.get(); }
  TcpSocket& socket() { return socket_; }
  Deadline& deadline() { return deadline_; }
  void close_if_late(SteadyClock::time_point now);
  void close();

  enum class End { None, Closed, Broken };  // Closed: the other end said so in TLS
  struct Got {
    std::size_t size = 0;  // 0 only with an end
    End end = End::None;
  };
  Awaitable<bool> handshake();
  Awaitable<Got> read(std::span<char> out);
  Awaitable<bool> write(std::string_view text);          // all of it
  Awaitable<void> say_goodbye();                         // nothing is written afterwards
  Awaitable<std::size_t> read_raw(std::span<char> out);  // below TLS, after the goodbye; 0 at the end

 private:
  template <class Step>  // Step: () -> int, as SSL_read returns
  Awaitable<End> drive(Step step);

  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  TcpSocket socket_;
  std::unique_ptr<SSL, Free> tls_;
  Deadline deadline_;
  std::size_t in_a_row_ = 0;  // reads that did not have to wait
};

}  // namespace shosoin::gate
