// A client that behaves as a test wants it to: from an address of its own, with its own idea of TLS, slowly or not at
// all. It notes the alert that ends its connection.
#pragma once

#include <arpa/inet.h>
#include <poll.h>

#include <chrono>

#include "tests/admin-api/gate/gate_house.h"

namespace shosoin::gate::testing {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Wish {
  const Identity* identity = nullptr;
  const char* from = "127.0.0.1";
  const char* name = nullptr;  // to be sent as the server's name
  const char* groups = nullptr;
  const char* suites = nullptr;
  int most_version = TLS1_3_VERSION;
  int receive_buffer = 0;
  SSL_SESSION* session = nullptr;  // to be offered
  bool tls = true;                 // false: a connection without a handshake
};

class Guest {
 public:
  Guest(std::uint16_t port, Wish wish) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (wish.receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &wish.receive_buffer, sizeof wish.receive_buffer);
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, wish.from, &name.sin_addr), 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    if (wish.tls) shake_hands(wish);
  }
  ~Guest() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  bool connected() const { return connected_; }
  SSL* tls() const { return ssl_; }
  int alert() const { return alert_; }  // description of the fatal alert that came; 0: none
  int tickets() const { return tickets_; }
  void send_plain(std::string_view bytes) const { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  bool send(std::string_view text) const {
    return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size());
  }
  // One answer, head and body; status 0 when none came.
  Response receive() {
    Response response;
    while (rest_.find("\r\n\r\n") == std::string::npos) {
      if (!read_more()) return response;
    }
    const auto end = rest_.find("\r\n\r\n");
    response.head = rest_.substr(0, end + 2);
    const std::string length = response.header("Content-Length");
    const std::size_t whole = end + 4 + (length.empty() ? 0 : std::stoul(length));
    while (rest_.size() < whole) {
      if (!read_more()) return response;
    }
    response.status = std::stoi(response.head.substr(9, 3));
    response.body = rest_.substr(end + 4, whole - end - 4);
    rest_.erase(0, whole);
    return response;
  }
  Response ask(std::string_view text) {
    send(text);
    return receive();
  }
  // Whether the other end closes within that time; bytes that come are dropped.
  bool ends_within(milliseconds time) const {
    const auto deadline = steady_clock::now() + time;
    while (steady_clock::now() < deadline) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      char dropped[4096];
      const auto got = ::recv(socket_, dropped, sizeof dropped, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return true;
    }
    return false;
  }

 private:
  void shake_hands(const Wish& wish) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_max_proto_version(context_, wish.most_version);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION*) {
      ++static_cast<Guest*>(SSL_get_app_data(ssl))->tickets_;
      return 0;
    });
    if (wish.identity != nullptr) {
      SSL_CTX_use_certificate(context_, wish.identity->certificate.get());
      SSL_CTX_use_PrivateKey(context_, wish.identity->key.get());
    }
    if (wish.groups != nullptr) {
      EXPECT_EQ(SSL_CTX_set1_groups_list(context_, wish.groups), 1);
    }
    if (wish.suites != nullptr) {
      EXPECT_EQ(SSL_CTX_set_ciphersuites(context_, wish.suites), 1);
    }
    ssl_ = SSL_new(context_);
    SSL_set_app_data(ssl_, this);
    SSL_set_info_callback(ssl_, [](const SSL* ssl, int where, int value) {
      if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL) {
        static_cast<Guest*>(SSL_get_app_data(ssl))->alert_ = value & 0xFF;
      }
    });
    if (wish.name != nullptr) SSL_set_tlsext_host_name(ssl_, wish.name);
    if (wish.session != nullptr) {
      EXPECT_EQ(SSL_set_session(ssl_, wish.session), 1);
    }
    SSL_set_fd(ssl_, socket_);
    connected_ = SSL_connect(ssl_) == 1;
  }
  bool read_more() {
    char buffer[16384];
    const int got = SSL_read(ssl_, buffer, sizeof buffer);
    if (got <= 0) return false;
    rest_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  int socket_ = -1;
  bool connected_ = false;
  int alert_ = 0, tickets_ = 0;
  std::string rest_;
};

}  // namespace shosoin::gate::testing
