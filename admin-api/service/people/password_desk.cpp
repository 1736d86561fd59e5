#include "admin-api/service/people/password_desk.h"

#include <sys/resource.h>
#include <unistd.h>

#include <new>

#include "crypto/password.h"

namespace shosoin::service {

PasswordDesk::PasswordDesk()
    : PasswordDesk(
          [](const std::string& hash, const std::string& password) { return crypto::password_holds(hash, password); },
          {}) {}

PasswordDesk::~PasswordDesk() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  came_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Result<bool> PasswordDesk::verify(const Fingerprint& terminal, const std::string& hash, const std::string& password) {
  const Error too_many{ErrorCode::TooMany, "check one more password at once"};
  std::unique_lock lock(mutex_);
  while (threads_.size() < bounds_.threads) threads_.emplace_back([this] { work(); });
  auto& mine = by_terminal_[terminal];
  if (mine >= bounds_.per_terminal || line_.size() >= bounds_.waiting) {
    if (mine == 0) by_terminal_.erase(terminal);
    return too_many;
  }
  Job job{hash, password};
  const auto place = line_.insert(line_.end(), &job);
  ++mine;
  came_.notify_one();
  const auto deadline = std::chrono::steady_clock::now() + bounds_.patience;
  finished_.wait_until(lock, deadline, [&] { return job.begun; });
  if (job.begun) {
    finished_.wait(lock, [&] { return job.done; });
  } else {
    line_.erase(place);
  }
  if (--by_terminal_[terminal] == 0) by_terminal_.erase(terminal);
  return job.done ? job.outcome : too_many;
}

void PasswordDesk::work() {
  // Of this thread alone; it is never raised again, which would take a privilege.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), limits::kPasswordNiceness);
  std::unique_lock lock(mutex_);
  while (true) {
    came_.wait(lock, [this] { return ending_ || !line_.empty(); });
    if (ending_) return;
    Job& job = *line_.front();
    line_.pop_front();
    job.begun = true;
    lock.unlock();
    Result<bool> outcome = Error{ErrorCode::OutOfMemory, "check a password"};
    try {
      outcome = check_(job.hash, job.password);
    } catch (const std::bad_alloc&) {  // that login ends; the desk goes on
    }
    lock.lock();
    job.outcome = std::move(outcome);
    job.done = true;
    finished_.notify_all();
  }
}

}  // namespace shosoin::service
