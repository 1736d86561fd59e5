// What the gate's coroutines run on: the event loop of one worker thread, spelled out as a type. Behind any_io_executor
// each step of a request would go through erased calls, and each timer and socket through a heap block (decision 0042).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace shosoin::gate {

using SteadyClock = std::chrono::steady_clock;
using Executor = boost::asio::io_context::executor_type;
template <class T>
using Awaitable = boost::asio::awaitable<T, Executor>;
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using LocalSocket = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, Executor>;
using Timer = boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>, Executor>;
// co_await socket.async_wait(..., on_loop): a tuple that begins with the error code.
inline constexpr auto on_loop = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});

// A deadline that the worker looks at every limits::kDeadlineStep, in place of a timer for every read and write.
class Deadline {
 public:
  void after(std::chrono::milliseconds time) { at_ = SteadyClock::now() + time; }
  void at(SteadyClock::time_point time) { at_ = time; }
  void never() { at_ = SteadyClock::time_point::max(); }
  bool has_passed(SteadyClock::time_point now) const { return now >= at_; }

 private:
  SteadyClock::time_point at_ = SteadyClock::time_point::max();
};

}  // namespace shosoin::gate
