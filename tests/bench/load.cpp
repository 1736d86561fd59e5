// An HTTPS load generator for gate and nginx alike: N keep-alive connections on one thread, each with one request under
// way, TLS 1.3 with a client certificate, the next request when the last byte of the answer is there. Anything but 200
// ends it.
//   bench_load ADDRESS PORT CA CONNECTIONS SECONDS REQUESTS IDENTITY_DIRECTORY
// REQUESTS: a file of requests, one a line: SEAT METHOD PATH TOKEN|- BODY|-   (IDENTITY_DIRECTORY/SEAT.crt and .key)
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "tests/bench/measure.h"

namespace {

using shosoin::bench::SteadyClock;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  std::exit(1);
}
void need(bool good, const char* what) {
  if (!good) fail(what);
}

struct Options {
  const char *address, *ca, *identities;
  int port;
  std::size_t connections;
  double seconds;
};
using Requests = std::map<std::size_t, std::vector<std::string>>;  // by seat

Requests read_requests(const char* file, const Options& options) {
  Requests all;
  std::ifstream in(file);
  std::size_t seat = 0;
  for (std::string method, path, token, body; in >> seat >> method >> path >> token && std::getline(in, body);) {
    body.erase(0, 1);
    std::ostringstream out;
    out << method << ' ' << path << " HTTP/1.1\r\nHost: localhost:" << options.port << "\r\nAccept: */*\r\n";
    if (token != "-") out << "Authorization: Bearer " << token << "\r\n";
    if (body != "-") out << "Content-Type: application/json\r\nContent-Length: " << body.size() << "\r\n";
    out << "\r\n" << (body == "-" ? std::string() : body);
    all[seat].push_back(out.str());
  }
  need(!all.empty(), "no requests");
  return all;
}

SSL_CTX* make_context(const Options& options, std::size_t seat) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  const auto stem = std::string(options.identities) + "/" + std::to_string(seat);
  need(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1, "TLS 1.3");
  need(SSL_CTX_set_ciphersuites(context, "TLS_CHACHA20_POLY1305_SHA256") == 1,
       "suite");  // the gate's first; the same for both
  need(SSL_CTX_load_verify_file(context, options.ca) == 1, "authority");
  need(SSL_CTX_use_certificate_chain_file(context, (stem + ".crt").c_str()) == 1, "certificate");
  need(SSL_CTX_use_PrivateKey_file(context, (stem + ".key").c_str(), SSL_FILETYPE_PEM) == 1, "key");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

class Client {
 public:
  Client(const Options& options, SSL_CTX* context, const std::vector<std::string>& requests, std::size_t first)
      : requests_(requests), next_(first), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options.port));
    need(::inet_pton(AF_INET, options.address, &address.sin_addr) == 1, "address");
    need(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    SSL_set1_host(tls_, "localhost");
    need(SSL_connect(tls_) == 1, "handshake");
    need(::fcntl(socket_, F_SETFL, O_NONBLOCK) == 0, "nonblocking");
  }
  ~Client() {
    SSL_free(tls_);
    ::close(socket_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  int socket() const { return socket_; }
  bool waiting() const { return waiting_; }
  std::size_t answer_size() const { return whole_; }

  void ask() {
    const auto& request = requests_[next_++ % requests_.size()];
    began_ = SteadyClock::now();
    waiting_ = true;
    whole_ = got_ = 0;
    need(SSL_write(tls_, request.data(), static_cast<int>(request.size())) == static_cast<int>(request.size()),
         "write");
  }
  // True when the answer is whole.
  bool hear() {
    for (;;) {
      const int count = SSL_read(tls_, buffer_ + got_, static_cast<int>(sizeof buffer_ - got_));
      if (count <= 0) {
        need(SSL_get_error(tls_, count) == SSL_ERROR_WANT_READ, "read");
        return false;
      }
      got_ += static_cast<std::size_t>(count);
      if (whole_ == 0) find_end();
      if (whole_ != 0 && got_ >= whole_) break;
    }
    need(got_ == whole_, "more than one answer");
    waiting_ = false;
    microseconds_ = static_cast<float>(shosoin::bench::seconds_since(began_) * 1e6);
    return true;
  }
  float microseconds() const { return microseconds_; }

 private:
  void find_end() {
    const std::string_view text(buffer_, got_);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    if (!text.starts_with("HTTP/1.1 200 ")) {
      std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
      fail("not 200");
    }
    const auto at = text.find("Content-Length: ");
    need(at < end, "length");
    whole_ = end + 4 + static_cast<std::size_t>(std::atol(buffer_ + at + 16));
    need(whole_ <= sizeof buffer_, "answer too large");
  }
  const std::vector<std::string>& requests_;
  std::size_t next_, whole_ = 0, got_ = 0;
  int socket_;
  SSL* tls_ = nullptr;
  bool waiting_ = false;
  float microseconds_ = 0;
  SteadyClock::time_point began_{};
  char buffer_[32 << 10];
};

void run(const Options& options, const Requests& requests) {
  std::map<std::size_t, SSL_CTX*> contexts;
  for (const auto& [seat, list] : requests) contexts[seat] = make_context(options, seat);
  std::vector<std::unique_ptr<Client>> clients;
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  auto seat = requests.begin();
  for (std::size_t i = 0; i < options.connections; ++i) {
    clients.push_back(std::make_unique<Client>(options, contexts[seat->first], seat->second, i * 7919));
    epoll_event event{EPOLLIN, {.u64 = i}};
    need(::epoll_ctl(poll, EPOLL_CTL_ADD, clients.back()->socket(), &event) == 0, "epoll");
    if (++seat == requests.end()) seat = requests.begin();
  }
  std::vector<float> microseconds;
  std::size_t under_way = clients.size();
  const auto before = shosoin::bench::used_so_far();
  const auto began = SteadyClock::now();
  for (auto& client : clients) client->ask();
  double took = 0;
  while (under_way > 0) {
    epoll_event events[64];
    const int count = ::epoll_wait(poll, events, 64, 10'000);
    need(count > 0, "no answer for ten seconds");
    for (int i = 0; i < count; ++i) {
      auto& client = *clients[events[i].data.u64];
      if (!client.waiting() || !client.hear()) continue;
      took = shosoin::bench::seconds_since(began);
      if (took >= options.seconds) {
        --under_way;
        continue;
      }
      microseconds.push_back(client.microseconds());
      client.ask();
    }
  }
  const auto used = shosoin::bench::used_so_far() - before;
  auto text = shosoin::bench::as_json(microseconds, options.seconds, used);
  text.back() = ',';
  std::cout << text << "\"answerBytes\":" << clients[0]->answer_size() << "}" << std::endl;
}

}  // namespace

int main(int count, char** words) {
  if (count != 8) return 2;
  const Options options{words[1], words[3], words[7], std::atoi(words[2]), std::stoul(words[4]), std::atof(words[5])};
  run(options, read_requests(words[6], options));
  return 0;
}
