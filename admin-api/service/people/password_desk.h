// Where passwords are checked: limits::kParallelPasswordHashes threads of low priority, so that a flood of logins takes
// from the others neither cores nor memory, and a line in which a terminal stands only so often, so that it cannot keep
// another's login out. First come, first served. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "admin-api/service/people/people.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_clients.h"

namespace shosoin::service {

class PasswordDesk {
 public:
  using Check = std::function<Result<bool>(const std::string& hash, const std::string& password)>;
  struct Bounds {
    std::size_t threads = limits::kParallelPasswordHashes;
    std::size_t waiting = limits::kPasswordsWaiting;
    std::size_t per_terminal = limits::kPasswordsPerTerminal;  // waiting and under way
    std::chrono::milliseconds patience = limits::kPasswordHashWait;
  };
  PasswordDesk();  // Argon2id, the house's bounds
  PasswordDesk(Check check, Bounds bounds) : check_(std::move(check)), bounds_(bounds) {}
  ~PasswordDesk();
  PasswordDesk(const PasswordDesk&) = delete;
  PasswordDesk& operator=(const PasswordDesk&) = delete;

  // Whether the password fits the hash. TooMany: the terminal has as many in line as it may, the line is full, or the
  // turn did not come in time. OutOfMemory: there was no room for the run.
  Result<bool> verify(const Fingerprint& terminal, const std::string& hash, const std::string& password);

 private:
  struct Job {
    const std::string& hash;
    const std::string& password;
    bool begun = false, done = false;
    Result<bool> outcome = false;
  };
  void work();

  const Check check_;
  const Bounds bounds_;
  std::mutex mutex_;
  std::condition_variable came_, finished_;
  std::list<Job*> line_;
  std::map<Fingerprint, std::size_t> by_terminal_;
  bool ending_ = false;
  std::vector<std::thread> threads_;  // made at the first check, when the process has been confined
};

}  // namespace shosoin::service
