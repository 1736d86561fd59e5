// TLS, HTTP framing and deadlines of one connection. A head is read and judged by read_head() before Beast's parser
// gets it; the parser then frames the body. Beast closes the socket when a deadline passes: a client that is late gets
// no answer.
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <new>

#include "admin-api/gate/exchange.h"
#include "admin-api/gate/worker.h"
#include "crypto/hash.h"
#include "firmware/base/limits.h"
#include "firmware/base/log.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
constexpr auto use_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t kReadBuffer = 64u << 10;  // also bounds a chunk's size line

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

  net::awaitable<Piece> read(std::span<std::uint8_t> out) override {
    if (awaits_continue_) {
      awaits_continue_ = false;
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return Piece{0, in_doubt()};
    }
    if (parser_->is_done()) co_return Piece{0, trailer_came() ? std::optional{in_doubt()} : std::nullopt};
    auto& body = parser_->get().body();
    body.data = out.data();
    body.size = out.size();
    body.more = true;
    socket().expires_at(std::min(Clock::now() + limits::kHttpBodyPiece, body_deadline_));
    // async_read() would go on waiting after a piece that ends exactly with what the client has sent so far.
    while (body.size > 0 && !parser_->is_done()) {
      auto [failed, got] = co_await http::async_read_some(stream_, buffer_, *parser_, use_result);
      if (failed == http::error::need_buffer) break;
      if (failed) co_return Piece{0, in_doubt()};
    }
    const std::size_t size = out.size() - body.size;
    if (size == 0) co_return Piece{0, trailer_came() ? std::optional{in_doubt()} : std::nullopt};
    co_return Piece{size, std::nullopt};
  }

 private:
  using Parser = http::request_parser<http::buffer_body>;

  beast::tcp_stream& socket() { return beast::get_lowest_layer(stream_); }
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
  // Looks at what is in the buffer. Whole: head_text_ holds the head. Gone: not yet to be told.
  HeadRead look_for_head(std::size_t& seen) {
    const std::string_view text(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    for (; seen < text.size(); ++seen) {
      const char c = text[seen];
      if (c == '\0') return HeadRead::Broken;
      if (c != '\n') continue;
      if (seen == 0 || text[seen - 1] != '\r') return HeadRead::Broken;
      if (seen >= 3 && text.substr(seen - 3, 4) == "\r\n\r\n") {
        head_text_.assign(text.substr(0, seen + 1));
        return head_text_.size() > limits::kMaxHttpHeader ? HeadRead::TooLarge : HeadRead::Whole;
      }
    }
    return text.size() > limits::kMaxHttpHeader ? HeadRead::TooLarge : HeadRead::Gone;
  }
  net::awaitable<HeadRead> read_head_text() {
    std::size_t seen = 0;
    socket().expires_after(buffer_.size() > 0 ? limits::kHttpHeadWait : limits::kHttpIdleWait);
    while (true) {
      const HeadRead found = look_for_head(seen);
      if (found != HeadRead::Gone) co_return found;
      const bool first = buffer_.size() == 0;
      idle_ = first;
      auto [failed, got] = co_await stream_.async_read_some(buffer_.prepare(8u << 10), use_result);
      idle_ = false;
      if (failed) co_return HeadRead::Gone;
      buffer_.commit(got);
      if (first) socket().expires_after(limits::kHttpHeadWait);
    }
  }

  std::optional<Problem> judge_head(HeadRead read, Head& head) {
    if (read == HeadRead::TooLarge) return closing(make_problem(Fault::HeaderTooLarge));
    if (read != HeadRead::Whole) return in_doubt();
    if (auto refused = read_head(head_text_, worker_.shared.settings.authority, head)) return refused;
    parser_.emplace();
    parser_->header_limit(limits::kMaxHttpHeader + 1);
    parser_->body_limit(boost::none);  // counted by the exchange against its route
    parser_->on_chunk_header(refuse_extension_);
    beast::error_code failed;
    const std::size_t used = parser_->put(net::buffer(head_text_), failed);
    if (failed || used != head_text_.size() || !parser_->is_header_done()) return in_doubt();
    buffer_.consume(used);
    lines_ = count_lines();
    awaits_continue_ = head.expects_continue && head.has_body();
    body_deadline_ = Clock::now() + limits::kHttpBodyWhole;
    return std::nullopt;
  }

  // One request and its answer; false when the connection is over.
  net::awaitable<bool> serve_one() {
    parser_.reset();
    const HeadRead read = worker_.shared.stopping ? HeadRead::Gone : co_await read_head_text();
    if (read == HeadRead::Gone) co_return false;
    const auto began = Clock::now();
    Head head;
    Exchange exchange{worker_.vault, terminal_, worker_.shared.requests.fetch_add(1) + 1};
    Answer answer;
    if (auto refused = judge_head(read, head)) {
      answer = answer_with(*refused, choose_language(head.value("Accept-Language")), exchange.request_number);
    } else {
      socket().expires_never();
      answer = co_await run_exchange(exchange, head, *this);
    }
    const bool read_to_the_end = parser_ && parser_->is_done();
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

  std::size_t count_lines() const {
    return static_cast<std::size_t>(std::distance(parser_->get().begin(), parser_->get().end()));
  }
  bool trailer_came() const { return count_lines() != lines_; }
  static std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }

  Worker& worker_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  std::string head_text_;
  std::optional<Parser> parser_;
  // Beast keeps a reference. Chunk extensions mean nothing to us and hide much (RFC 9112 section 7.1.1).
  std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> refuse_extension_ =
      [](std::uint64_t, beast::string_view extension, beast::error_code& failed) {
        if (!extension.empty()) failed = http::error::bad_chunk_extension;
      };
  Fingerprint terminal_{};
  Clock::time_point body_deadline_{};
  std::size_t lines_ = 0;
  bool awaits_continue_ = false;
  bool idle_ = false;
  beast::error_code ignored_;
};

}  // namespace

net::awaitable<void> serve_connection(Worker& worker, net::ip::tcp::socket socket) {
  try {
    Connection connection(worker, std::move(socket));
    co_await connection.run();
  } catch (const std::bad_alloc&) {  // this connection ends, the others go on (decision 0012)
    oplog::warning("out of memory: a connection was ended");
  } catch (const boost::system::system_error& failed) {  // no TLS state could be made
    oplog::warning("a connection could not be set up", {"error", failed.code().value()});
  }
}

}  // namespace shosoin::gate
