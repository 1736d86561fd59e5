// A gate in this process behind real TLS on the loopback interface, a double of the vault behind a real unix socket,
// and a client that sends raw bytes. The double stands in for the vault in these unit tests only.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "admin-api/gate/server.h"
#include "admin-api/protocol/protocol.h"
#include "firmware/base/limits.h"
#include "tests/admin-api/gate/certificates.h"

namespace shosoin::gate::testing {

namespace fs = std::filesystem;

class FakeVault {
 public:
  using Answerer = std::function<protocol::Reply(const protocol::Request&)>;
  FakeVault(const fs::path& path, Answerer answerer) : answerer_(std::move(answerer)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.string().copy(name.sun_path, sizeof name.sun_path - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~FakeVault() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (int channel : channels_) ::shutdown(channel, SHUT_RDWR);
    }
    for (auto& thread : serving_) thread.join();
    for (int channel : channels_) ::close(channel);
  }
  std::vector<protocol::Request> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void accept_all() {
    while (true) {
      const int channel = ::accept(listener_, nullptr, nullptr);
      if (channel < 0) return;
      const std::lock_guard lock(mutex_);
      channels_.push_back(channel);
      serving_.emplace_back([this, channel] { serve(channel); });
    }
  }
  static bool read_all(int channel, std::span<std::uint8_t> out) {
    while (!out.empty()) {
      const auto got = ::recv(channel, out.data(), out.size(), 0);
      if (got <= 0) return false;
      out = out.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }
  void serve(int channel) {
    std::array<std::uint8_t, protocol::kLengthSize> length{};
    while (read_all(channel, length)) {
      Bytes payload(protocol::payload_size(length, limits::kMaxRequestFrame).value());
      if (!read_all(channel, payload)) return;
      auto request = protocol::decode_request(payload, protocol::Channel::Gate);
      EXPECT_TRUE(request) << "the gate sent what the permit table does not allow";
      if (!request) return;
      {
        const std::lock_guard lock(mutex_);
        heard_.push_back(request.value());
      }
      protocol::Reply reply = answerer_(request.value());
      reply.id = request.value().id;
      const Bytes frame = protocol::encode(reply);
      if (::send(channel, frame.data(), frame.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  Answerer answerer_;
  int listener_;
  std::thread accepting_;
  mutable std::mutex mutex_;
  std::vector<int> channels_;
  std::vector<std::thread> serving_;
  std::vector<protocol::Request> heard_;
};

struct Response {
  int status = 0;  // 0: no answer came
  std::string head, body;
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

class Client {
 public:
  Client(std::uint16_t port, const Identity* identity, const Identity& authority, int most_version = TLS1_3_VERSION) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context_, most_version);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority.certificate.get());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    if (identity != nullptr) {
      SSL_CTX_use_certificate(context_, identity->certificate.get());
      SSL_CTX_use_PrivateKey(context_, identity->key.get());
    }
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_);
    SSL_set1_host(ssl_, "localhost");
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~Client() {
    if (connected_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ::close(socket_);
    SSL_CTX_free(context_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  std::string cipher() const { return SSL_get_cipher(ssl_); }
  void send(std::string_view text) {
    while (!text.empty()) {
      const int sent = SSL_write(ssl_, text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 16384)));
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  Response receive(bool head_only = false) {
    Response response;
    std::size_t end;
    while ((end = rest_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return response;
    }
    response.head = rest_.substr(0, end + 2);
    rest_.erase(0, end + 4);
    response.status = std::stoi(response.head.substr(9, 3));
    const std::string length = response.header("Content-Length");
    const std::size_t size = length.empty() || head_only ? 0 : std::stoul(length);
    while (rest_.size() < size) {
      if (!read_more()) return {};
    }
    response.body = rest_.substr(0, size);
    rest_.erase(0, size);
    return response;
  }
  Response ask(std::string_view text) {
    send(text);
    return receive();
  }
  bool is_closed() { return rest_.empty() && !read_more(); }

 private:
  bool read_more() {
    char buffer[16384];
    const int got = SSL_read(ssl_, buffer, sizeof buffer);
    if (got <= 0) return false;
    rest_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  SSL_CTX* context_;
  SSL* ssl_;
  int socket_;
  bool connected_ = false;
  std::string rest_;
};

// One authority for server and terminals, another that nobody trusts; made once.
struct Authorities {
  Identity ours = make_identity("test authority", Purpose::Authority, nullptr);
  Identity foreign = make_identity("foreign authority", Purpose::Authority, nullptr);
  Identity server = make_identity("localhost", Purpose::Server, &ours);
  Identity terminal = make_identity("terminal 1", Purpose::Terminal, &ours);
  Identity stranger = make_identity("stranger", Purpose::Terminal, &foreign);
};

class GateTest : public ::testing::Test {
 protected:
  static const Authorities& who() {
    static const Authorities authorities;
    return authorities;
  }
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);                                       // OpenSSL writes without MSG_NOSIGNAL
    std::string name = "/tmp/shosoin-gate-test-" + std::string(6, 'X');  // mkdtemp(3) fills these in
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    who().server.write(folder_ / "server.pem", folder_ / "server.key");
    who().ours.write(folder_ / "authority.pem", folder_ / "authority.key");
    Settings settings;
    settings.listen = "127.0.0.1:0";
    settings.certificate = folder_ / "server.pem";
    settings.private_key = folder_ / "server.key";
    settings.client_ca = folder_ / "authority.pem";
    settings.vault_socket = folder_ / "vault.sock";
    settings.authority = {"localhost"};
    adjust(settings);
    auto opened = Server::open(settings, std::nullopt);
    ASSERT_TRUE(opened) << opened.error().doing();
    server_ = std::move(opened).value();
    port_ = server_->port();
    running_ = std::thread([this] { server_->run({}); });
  }
  void TearDown() override {
    server_->stop();
    running_.join();
    vault_.reset();
    fs::remove_all(folder_);
  }
  virtual void adjust(Settings&) {}
  void start_vault(FakeVault::Answerer answerer) { vault_.emplace(folder_ / "vault.sock", std::move(answerer)); }
  void stop_vault() {
    vault_.reset();
    fs::remove(folder_ / "vault.sock");
  }
  Client client() const { return {port_, &who().terminal, who().ours}; }
  Response ask(std::string_view text) const { return client().ask(text); }

  fs::path folder_;
  std::optional<FakeVault> vault_;
  std::unique_ptr<Server> server_;
  std::thread running_;
  std::uint16_t port_ = 0;
};

inline const std::string kToken = to_base64url(Bytes(32, 7));
inline std::string request(std::string_view line, std::string_view headers = {}, std::string_view body = {}) {
  std::string out = std::string(line) + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + kToken + "\r\n";
  out += headers;
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + std::string(body);
}
inline std::string json_request(std::string_view line, std::string_view body, std::string_view headers = {}) {
  return request(line, "Content-Type: application/json\r\n" + std::string(headers), body);
}

}  // namespace shosoin::gate::testing
