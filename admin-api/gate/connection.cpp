// TLS, HTTP framing and deadlines of one connection. Heads are judged by read_head(), bodies framed by BodyFrame; of
// Beast only the stream with its deadlines is used. It closes the socket when one passes: a client that is late gets no
// answer.
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "admin-api/gate/exchange.h"
#include "admin-api/gate/http_body.h"
#include "admin-api/gate/worker.h"
#include "crypto/hash.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_http.h"
#include "firmware/base/log.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;
constexpr auto use_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t kReadBuffer = limits::kMaxHttpHeader + limits::kHttpHeadRead + limits::kHttpBodyRead;

class Connection final : public Body, public IdleConnection {
 public:
  Connection(Worker& worker, net::ip::tcp::socket socket)
      : worker_(worker), stream_(beast::tcp_stream(std::move(socket)), worker.shared.tls), buffer_(kReadBuffer) {
    worker_.connections.insert(this);
    worker_.shared.connections.fetch_add(1);
  }
  ~Connection() override {
    worker_.connections.erase(this);
    worker_.shared.connections.fetch_sub(1);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  net::awaitable<void> run() {
    socket().expires_after(limits::kTlsHandshake);
    auto [failed] = co_await stream_.async_handshake(net::ssl::stream_base::server, use_result);
    if (failed) {
      oplog::warning("a TLS handshake failed", {"error", failed.value()});
      co_return;
    }
    if (!take_terminal()) co_return;
    while (co_await serve_one()) {
    }
    co_await say_farewell();
  }

  void close_if_idle() override {
    if (idle_) socket().socket().close(ignored_);
  }

  void bound(std::size_t most) override { frame_.bound(most); }
  net::awaitable<Piece> read(std::span<std::uint8_t> out) override {
    if (awaits_continue_) {
      awaits_continue_ = false;
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return Piece{0, in_doubt()};
    }
    socket().expires_at(std::min(Clock::now() + limits::kHttpBodyPiece, body_deadline_));
    std::size_t size = 0;
    while (true) {
      const BodyFrame::Step step = frame_.take(buffered(), out.subspan(size));
      buffer_.consume(step.taken);
      size += step.given;
      switch (frame_.state()) {
        case BodyFrame::State::Done:
          co_return Piece{size, std::nullopt};
        case BodyFrame::State::Doubt:
          co_return Piece{0, in_doubt()};
        case BodyFrame::State::TooLarge:
          co_return Piece{0, closing(make_problem(ErrorCode::TooLarge))};
        case BodyFrame::State::Running:
          break;
      }
      if (size == out.size()) co_return Piece{size, std::nullopt};
      auto [failed, got] = co_await stream_.async_read_some(buffer_.prepare(limits::kHttpBodyRead), use_result);
      if (failed) co_return Piece{0, in_doubt()};
      buffer_.commit(got);
    }
  }

 private:
  beast::tcp_stream& socket() { return beast::get_lowest_layer(stream_); }
  std::string_view buffered() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }
  static Problem in_doubt() { return closing(make_problem(ErrorCode::BadRequest, detail::kFraming)); }

  bool take_terminal() {
    X509* certificate = SSL_get0_peer_certificate(stream_.native_handle());
    if (certificate == nullptr) return false;
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return false;
    terminal_ = crypto::sha256(ByteView(der, static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    return true;
  }

  enum class HeadRead { Whole, Broken, TooLarge, Gone };
  // Looks at what is in the buffer. Whole, TooLarge: head_text_ holds it. Gone: not yet to be told.
  HeadRead look_for_head(std::size_t& seen) {
    const std::string_view text = buffered();
    for (; seen < text.size(); ++seen) {
      const char c = text[seen];
      if (c == '\0' || (c == '\n') != (seen > 0 && text[seen - 1] == '\r')) return HeadRead::Broken;
      if (seen < 3 || text.substr(seen - 3, 4) != "\r\n\r\n") continue;
      head_text_.assign(text.substr(0, seen + 1));
      return head_text_.size() > limits::kMaxHttpHeader ? HeadRead::TooLarge : HeadRead::Whole;
    }
    if (text.size() <= limits::kMaxHttpHeader) return HeadRead::Gone;
    head_text_.assign(text);
    return HeadRead::TooLarge;
  }
  net::awaitable<HeadRead> read_head_text() {
    std::size_t seen = 0;
    bool at_start = true;  // RFC 9112 section 2.2: one empty line before a request is passed over
    socket().expires_after(buffer_.size() > 0 ? limits::kHttpHeadWait : limits::kHttpIdleWait);
    while (true) {
      if (at_start && buffer_.size() >= 2) {
        at_start = false;
        if (buffered().starts_with("\r\n")) buffer_.consume(2);
      }
      const HeadRead found = at_start ? HeadRead::Gone : look_for_head(seen);
      if (found != HeadRead::Gone) co_return found;
      const bool first = buffer_.size() == 0;
      idle_ = first;
      auto [failed, got] = co_await stream_.async_read_some(buffer_.prepare(limits::kHttpHeadRead), use_result);
      idle_ = false;
      if (failed) co_return HeadRead::Gone;
      buffer_.commit(got);
      if (first) socket().expires_after(limits::kHttpHeadWait);
    }
  }

  std::optional<Problem> judge_head(HeadRead read, Head& head) {
    if (read == HeadRead::TooLarge) return refuse_long_head(head_text_);
    if (read != HeadRead::Whole) return in_doubt();
    if (auto refused = read_head(head_text_, worker_.shared.settings.authority, head)) return refused;
    buffer_.consume(head_text_.size());
    frame_ = BodyFrame(head);
    awaits_continue_ = head.expects_continue && head.has_body();
    body_deadline_ = Clock::now() + limits::kHttpBodyWhole;
    return std::nullopt;
  }

  // One request and its answer; false when the connection is over.
  net::awaitable<bool> serve_one() {
    const HeadRead read = worker_.shared.stopping ? HeadRead::Gone : co_await read_head_text();
    if (read == HeadRead::Gone) co_return false;
    const auto began = Clock::now();
    Head head;
    Exchange exchange{worker_.vault, terminal_, worker_.shared.requests.fetch_add(1) + 1};
    Answer answer;
    bool read_to_the_end = false;
    if (auto refused = judge_head(read, head)) {
      answer = answer_with(*refused, choose_language(head.list("Accept-Language")), exchange.request_number);
    } else {
      socket().expires_never();
      answer = co_await run_exchange(exchange, head, *this);
      read_to_the_end = frame_.state() == BodyFrame::State::Done;
    }
    answer.close = answer.close || head.close || !read_to_the_end || worker_.shared.stopping;
    log_access(exchange, answer.status, began);
    const bool written = co_await write(to_wire(answer, head.method == "HEAD", now()));
    co_return written && !answer.close;
  }

  // Route name and numbers only: no path, no address, no name.
  static void log_access(const Exchange& exchange, int status, Clock::time_point began) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
    char text[128];
    const auto end = fmt::format_to_n(text, sizeof text, "{} status={} request={} microseconds={}", exchange.operation,
                                      status, exchange.request_number, took);
    oplog::info_public("answered", std::string_view(text, std::min(end.size, sizeof text)));
  }

  net::awaitable<bool> write(std::string text) {
    socket().expires_after(limits::kHttpWriteWait);
    auto [failed, written] = co_await net::async_write(stream_, net::buffer(text), use_result);
    socket().expires_never();
    co_return !failed;
  }

  // After a refusal the client may still be sending: without reading on, the kernel resets the connection and the
  // answer is lost.
  net::awaitable<void> say_farewell() {
    socket().expires_after(limits::kHttpLinger);
    (void)co_await stream_.async_shutdown(use_result);
    if (!socket().socket().is_open()) co_return;
    socket().socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored_);
    std::array<char, 4096> dropped;
    for (std::size_t total = 0; total < limits::kLingerBytes;) {
      auto [ended, got] = co_await socket().async_read_some(net::buffer(dropped), use_result);
      if (ended) co_return;
      total += got;
    }
  }

  static std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }

  Worker& worker_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  std::string head_text_;
  BodyFrame frame_;
  Fingerprint terminal_{};
  Clock::time_point body_deadline_{};
  bool awaits_continue_ = false;
  bool idle_ = false;
  beast::error_code ignored_;
};

}  // namespace

net::awaitable<void> serve_connection(Worker& worker, net::ip::tcp::socket socket) {
  Connection connection(worker, std::move(socket));
  co_await connection.run();
}

}  // namespace shosoin::gate
