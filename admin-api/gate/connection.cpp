// HTTP framing and deadlines of one connection. Heads are judged by read_head(), bodies framed by BodyFrame. A deadline
// that passes closes the socket: a client that is late gets no answer.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <new>

#include "admin-api/gate/exchange.h"
#include "admin-api/gate/held_answer.h"
#include "admin-api/gate/http_body.h"
#include "admin-api/gate/tls_peer.h"
#include "admin-api/gate/tls_stream.h"
#include "admin-api/gate/worker.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_clients.h"
#include "firmware/base/limits_http.h"
#include "firmware/base/log.h"

namespace shosoin::gate {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using Clock = SteadyClock;
constexpr std::size_t kReadBuffer = limits::kMaxHttpHeader + limits::kHttpHeadRead + limits::kHttpBodyRead;

class Connection final : public Body, public OpenConnection {
 public:
  Connection(Worker& worker, Arrival arrival)
      : worker_(worker),
        number_(arrival.number),
        place_(std::move(arrival.place)),
        stream_(std::move(arrival.socket), worker.shared.tls.native_handle()),
        buffer_(kReadBuffer) {
    worker_.connections.emplace(number_, this);
    worker_.shared.connections.fetch_add(1);
  }
  ~Connection() override {
    worker_.connections.erase(number_);
    worker_.shared.connections.fetch_sub(1);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Awaitable<void> run() {
    stream_.deadline().after(deadlines().handshake);
    peer_.prepare(stream_.native_handle(), *worker_.shared.trust, [this] { shut(); });
    if (!co_await stream_.handshake()) {
      const auto why = static_cast<std::int64_t>(ERR_peek_last_error());
      const bool told = worker_.shared.failures.fetch_add(1) < limits::kReportedFailures;
      if (told) oplog::warning("a TLS handshake failed", {"error", why});
      co_return;
    }
    if (!peer_.take()) co_return;
    if (!place_.claim(peer_.peer().terminal)) {
      co_await refuse_connection();
      co_return;
    }
    while (co_await serve_one()) {
    }
    if (!broken_) co_await say_farewell();
  }

  void close_if_idle() override {
    if (idle_) stream_.close();
  }
  void give_way() override {
    gives_way_ = true;
    if (working_) return;
    // Reset, not closed: what it has not read would stay in the kernel, with no connection of ours to count it.
    stream_.socket().set_option(net::socket_base::linger(true, 0), ignored_);
    stream_.close();
  }
  void close_if_untrusted() override {
    if (idle_ && !peer_.is_trusted()) stream_.close();
  }
  void close_if_late(Clock::time_point now) override { stream_.close_if_late(now); }

  void bound(std::size_t most) override { frame_.bound(most); }
  Awaitable<Piece> read(std::span<std::uint8_t> out) override {
    if (awaits_continue_) {
      awaits_continue_ = false;
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return Piece{0, in_doubt()};
    }
    if (gives_way_) co_return Piece{0, in_doubt()};
    stream_.deadline().at(std::min(Clock::now() + deadlines().body_piece, body_deadline_));
    const AtWork comes_in(*this, Phase::Reading);
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
      const auto got = co_await receive(limits::kHttpBodyRead);
      if (got.end != TlsStream::End::None) co_return Piece{0, in_doubt()};
    }
  }

 private:
  Awaitable<TlsStream::Got> receive(std::size_t most) {
    const auto room = buffer_.prepare(most);
    const auto got = co_await stream_.read({static_cast<char*>(room.data()), room.size()});
    buffer_.commit(got.size);
    co_return got;
  }
  std::string_view buffered() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }
  static Problem in_doubt() { return closing(make_problem(ErrorCode::BadRequest, detail::kFraming)); }

  const Deadlines& deadlines() const { return worker_.shared.settings.deadlines; }
  void shut() { stream_.socket().shutdown(TcpSocket::shutdown_both, ignored_); }

  // Where the connection stands while this lives; afterwards the vault may be at its request again.
  class AtWork {
   public:
    AtWork(Connection& connection, Phase phase) : connection_(connection) { connection_.enter(phase); }
    ~AtWork() {
      connection_.stream_.deadline().never();  // the client is not waited for
      connection_.enter(Phase::Working);
    }
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

   private:
    Connection& connection_;
  };
  void enter(Phase phase) {
    working_ = phase == Phase::Working;
    place_.enter(phase);
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
  Awaitable<HeadRead> read_head_text() {
    std::size_t seen = 0;
    bool at_start = true;  // RFC 9112 section 2.2: one empty line before a request is passed over
    stream_.deadline().after(buffer_.size() > 0 ? deadlines().head : deadlines().idle);
    while (true) {
      if (at_start && buffer_.size() >= 2) {
        at_start = false;
        if (buffered().starts_with("\r\n")) buffer_.consume(2);
      }
      const HeadRead found = at_start ? HeadRead::Gone : look_for_head(seen);
      if (found != HeadRead::Gone) co_return found;
      const bool first = buffer_.size() == 0;
      idle_ = first;
      enter(first ? Phase::Idle : Phase::Reading);
      const auto got = co_await receive(limits::kHttpHeadRead);
      idle_ = false;
      broken_ = got.end == TlsStream::End::Broken;
      if (got.end != TlsStream::End::None) co_return HeadRead::Gone;
      if (first) stream_.deadline().after(deadlines().head);
    }
  }

  std::optional<Problem> judge_head(HeadRead read, Head& head) {
    if (read == HeadRead::TooLarge) return refuse_long_head(head_text_);
    if (read != HeadRead::Whole) return in_doubt();
    if (auto refused = read_head(head_text_, worker_.shared.settings.authority, head)) return refused;
    buffer_.consume(head_text_.size());
    frame_ = BodyFrame(head);
    awaits_continue_ = head.expects_continue && head.has_body();
    body_deadline_ = Clock::now() + deadlines().body_whole;
    return std::nullopt;
  }

  // One request and its answer; false when the connection is over.
  Awaitable<bool> serve_one() {
    const HeadRead read = worker_.shared.stopping || gives_way_ ? HeadRead::Gone : co_await read_head_text();
    if (read == HeadRead::Gone) co_return false;
    if (!peer_.is_trusted()) {
      oplog::warning("a connection ended because its certificate is no longer taken");
      co_return false;
    }
    peer_.begin_request();
    enter(Phase::Working);
    const auto began = Clock::now();
    Head head;
    Exchange exchange{worker_.vault, worker_.logins, peer_.peer(), worker_.shared.requests.fetch_add(1) + 1};
    Answer answer;
    bool read_to_the_end = false;
    if (auto refused = judge_head(read, head)) {
      answer = answer_with(*refused, choose_language(head.list("Accept-Language")), exchange.request_number);
    } else {
      stream_.deadline().never();
      answer = co_await run_exchange(exchange, head, *this);
      read_to_the_end = frame_.state() == BodyFrame::State::Done;
    }
    const HeldAnswer held(worker_.shared.answers_held, answer.body.size());
    if (!held.fits()) {
      const auto language = choose_language(head.list("Accept-Language"));
      answer = answer_with(make_problem(ErrorCode::TooMany, detail::kAnswersWait), language, exchange.request_number);
    }
    answer.close = answer.close || head.close || !read_to_the_end || worker_.shared.stopping || gives_way_;
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

  // A certificate with too many connections: told so before it asks anything.
  Awaitable<void> refuse_connection() {
    const auto problem = closing(make_problem(ErrorCode::TooMany, detail::kTooManyConnections));
    const auto number = worker_.shared.requests.fetch_add(1) + 1;
    const bool written = co_await write(to_wire(answer_with(problem, Language::Ja, number), false, now()));
    if (written) co_await say_farewell();
  }

  Awaitable<bool> write(std::string text) {
    const AtWork waits(*this, Phase::Writing);
    stream_.deadline().after(deadlines().write);
    const bool written = co_await stream_.write(text);
    broken_ = broken_ || !written;
    co_return written;
  }

  // After a refusal the client may still be sending: without reading on, the kernel resets the connection and the
  // answer is lost.
  Awaitable<void> say_farewell() {
    enter(Phase::Writing);
    stream_.deadline().after(deadlines().linger);
    co_await stream_.say_goodbye();
    if (!stream_.socket().is_open()) co_return;
    stream_.socket().shutdown(TcpSocket::shutdown_send, ignored_);
    std::array<char, 4096> dropped;
    for (std::size_t total = 0; total < limits::kLingerBytes;) {
      const auto got = co_await stream_.read_raw(dropped);
      if (got == 0) co_return;
      total += got;
    }
  }

  static std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }

  Worker& worker_;
  const std::uint64_t number_;
  Admission::Place place_;
  TlsPeer peer_;
  TlsStream stream_;
  beast::flat_buffer buffer_;
  std::string head_text_;
  BodyFrame frame_;
  Clock::time_point body_deadline_{};
  bool awaits_continue_ = false;
  bool idle_ = false;
  bool working_ = false;    // the vault may be at a request of ours
  bool gives_way_ = false;  // told to close
  bool broken_ = false;     // nothing can be said to the other end any more
  boost::system::error_code ignored_;
};

}  // namespace

Awaitable<void> serve_connection(Worker& worker, Arrival arrival) {
  try {
    Connection connection(worker, std::move(arrival));
    co_await connection.run();
  } catch (const std::bad_alloc&) {  // this connection ends, the others go on (decision 0012)
    oplog::warning("out of memory: a connection was ended");
  } catch (const boost::system::system_error& failed) {  // no TLS state could be made
    oplog::warning("a connection could not be set up", {"error", failed.code().value()});
  }
}

}  // namespace shosoin::gate
