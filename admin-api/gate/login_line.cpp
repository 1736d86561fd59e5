#include "admin-api/gate/login_line.h"

#include "firmware/base/limits_clients.h"

namespace shosoin::gate {

namespace net = boost::asio;

struct LoginLine::Waiter {
  explicit Waiter(net::io_context& context) : timer(context, limits::kLoginWait) {}
  Timer timer;
  bool called = false;
};

LoginLine::Turn::~Turn() {
  if (line_ == nullptr || line_->ended_) return;
  line_->leave(terminal_);
  --line_->running_;
  if (line_->waiters_.empty()) return;
  Waiter* next = line_->waiters_.front();
  line_->waiters_.pop_front();
  next->called = true;
  ++line_->running_;  // on its behalf, so that nobody slips in before it runs
  next->timer.cancel();
}

void LoginLine::leave(const Fingerprint& terminal) {
  const auto found = by_terminal_.find(terminal);
  if (--found->second == 0) by_terminal_.erase(found);
}

Awaitable<Result<LoginLine::Turn>> LoginLine::join(const Fingerprint& terminal) {
  const auto mine = by_terminal_.find(terminal);
  const bool too_many = mine != by_terminal_.end() && mine->second >= bounds_.per_terminal;
  if (too_many || waiters_.size() >= bounds_.waiting) co_return Error{ErrorCode::TooMany, "log in once more at once"};
  ++by_terminal_[terminal];
  if (running_ < bounds_.at_once) {
    ++running_;
    co_return Turn(this, terminal);
  }
  Waiter self(context_);
  const auto place = waiters_.insert(waiters_.end(), &self);
  co_await self.timer.async_wait(on_loop);
  if (self.called) co_return Turn(this, terminal);
  waiters_.erase(place);
  leave(terminal);
  co_return Error{ErrorCode::TooMany, "wait for a login's turn"};
}

}  // namespace shosoin::gate
