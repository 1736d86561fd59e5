#include "admin-api/gate/tls_stream.h"

#include <bits/functexcept.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "firmware/base/limits_gate.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;
constexpr std::size_t kWrittenAtOnce = 1u << 30;  // the library counts in int

// What the library could not make for want of memory ends the connection (decision 0012).
template <class T>
T* given(T* made) {
  if (made == nullptr) std::__throw_bad_alloc();
  return made;
}

// The library's own socket BIO would raise SIGPIPE.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }
bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }
int put(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto done = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (done < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(done);
}
int take(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto done = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), 0);
  if (done < 0 && would_block()) BIO_set_retry_read(bio);
  return static_cast<int>(done);
}
long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    auto* made = given(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
    BIO_meth_set_write(made, put);
    BIO_meth_set_read(made, take);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

}  // namespace

TlsStream::TlsStream(TcpSocket socket, SSL_CTX* settings) : socket_(std::move(socket)), tls_(given(SSL_new(settings))) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  BIO* bio = given(BIO_new(socket_method()));
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket_.native_handle())));
  BIO_set_init(bio, 1);
  SSL_set_bio(tls_.get(), bio, bio);  // which frees it
  SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_read_ahead(tls_.get(), 1);  // a record's head and body in one call of the kernel
}

void TlsStream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  // The number may be another socket's soon.
  if (BIO* bio = SSL_get_rbio(tls_.get())) BIO_set_data(bio, reinterpret_cast<void*>(std::intptr_t{-1}));
}

void TlsStream::close_if_late(SteadyClock::time_point now) {
  if (!deadline_.has_passed(now)) return;
  deadline_.never();
  close();
}

template <class Step>
Awaitable<TlsStream::End> TlsStream::drive(Step step) {
  for (;;) {
    ERR_clear_error();
    const int done = step();
    if (done > 0) co_return End::None;
    auto waits_for = TcpSocket::wait_read;
    switch (SSL_get_error(tls_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        break;
      case SSL_ERROR_WANT_WRITE:
        waits_for = TcpSocket::wait_write;
        break;
      case SSL_ERROR_ZERO_RETURN:
        co_return End::Closed;
      default:
        co_return End::Broken;
    }
    in_a_row_ = 0;
    auto [failed] = co_await socket_.async_wait(waits_for, on_loop);
    if (failed) co_return End::Broken;
  }
}

Awaitable<bool> TlsStream::handshake() {
  co_return co_await drive([this] { return SSL_accept(tls_.get()); }) == End::None;
}

// Whoever sends without a pause is not read without a pause: the other connections of the thread have their turn.
Awaitable<TlsStream::Got> TlsStream::read(std::span<char> out) {
  if (++in_a_row_ > limits::kReadsInARow) {
    in_a_row_ = 0;
    co_await net::post(socket_.get_executor(), on_loop);
  }
  Got got;
  got.end = co_await drive([&] {
    const int done = SSL_read(tls_.get(), out.data(), static_cast<int>(out.size()));
    if (done > 0) got.size = static_cast<std::size_t>(done);
    return done;
  });
  co_return got;
}

Awaitable<bool> TlsStream::write(std::string_view text) {
  while (!text.empty()) {
    int done = 0;
    const auto end = co_await drive([&] {
      return done = SSL_write(tls_.get(), text.data(), static_cast<int>(std::min(text.size(), kWrittenAtOnce)));
    });
    if (end != End::None) co_return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  co_return true;
}

// RFC 8446 section 6.1 lets either end close its own direction without waiting for the other's word.
Awaitable<void> TlsStream::say_goodbye() {
  (void)co_await drive([this] {
    const int done = SSL_shutdown(tls_.get());
    return done == 0 ? 1 : done;
  });
}

Awaitable<std::size_t> TlsStream::read_raw(std::span<char> out) {
  for (;;) {
    const auto done = ::recv(socket_.native_handle(), out.data(), out.size(), 0);
    if (done >= 0) co_return static_cast<std::size_t>(done);
    if (!would_block()) co_return 0;
    auto [failed] = co_await socket_.async_wait(TcpSocket::wait_read, on_loop);
    if (failed) co_return 0;
  }
}

}  // namespace shosoin::gate
