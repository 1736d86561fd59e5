// Passwords are checked few at a time, in a fair line, at low priority.
#include "admin-api/service/people/password_desk.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>

namespace shosoin::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Fingerprint kFlooder{1}, kHonest{2};
const std::string kHash = "hash";

// Takes its time; the right password is "right".
struct SlowCheck {
  milliseconds takes{50};
  std::atomic<int> at_once{0}, most{0}, niceness{0};
  PasswordDesk::Check check() {
    return [this](const std::string&, const std::string& password) {
      const int now = ++at_once;
      if (now > most) most = now;
      niceness = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
      std::this_thread::sleep_for(takes);
      --at_once;
      return password == "right";
    };
  }
};

// `count` logins of the flooder, again and again while it lives.
class Flood {
 public:
  Flood(PasswordDesk& desk, int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, &desk] {
        while (!over_) {
          const auto told = desk.verify(kFlooder, kHash, "wrong");
          if (!told) ++refused, std::this_thread::sleep_for(milliseconds(1));
        }
      });
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  ~Flood() {
    over_ = true;
    for (auto& thread : threads_) thread.join();
  }
  std::atomic<int> refused{0};

 private:
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
};

TEST(PasswordDesk, TellsARightPasswordFromAWrongOne) {
  SlowCheck slow{milliseconds(1)};
  PasswordDesk desk(slow.check(), {});
  EXPECT_TRUE(desk.verify(kHonest, kHash, "right").value());
  EXPECT_FALSE(desk.verify(kHonest, kHash, "wrong").value());
}

TEST(PasswordDesk, ChecksFewAtOnceAndGivesWayToOtherWork) {
  SlowCheck slow;
  PasswordDesk desk(slow.check(), {.threads = 2, .per_terminal = 100});
  { const Flood flood(desk, 8); }
  EXPECT_EQ(slow.most, 2);
  EXPECT_GE(slow.niceness, limits::kPasswordNiceness);
}

TEST(PasswordDesk, LetsNoTerminalKeepAnotherOut) {
  SlowCheck slow;
  PasswordDesk desk(slow.check(), {.threads = 2, .per_terminal = 4});
  const Flood flood(desk, 24);
  for (int i = 0; i < 5; ++i) {
    const auto began = steady_clock::now();
    const auto told = desk.verify(kHonest, kHash, "right");
    ASSERT_TRUE(told);
    EXPECT_TRUE(told.value());
    EXPECT_LT(steady_clock::now() - began, 8 * slow.takes) << "at most four stand before it, two at a time";
  }
  EXPECT_GT(flood.refused.load(), 0);
}

TEST(PasswordDesk, RefusesWhoseTurnDoesNotCome) {
  SlowCheck slow{milliseconds(400)};
  PasswordDesk desk(slow.check(), {.threads = 1, .per_terminal = 4, .patience = milliseconds(50)});
  std::thread first([&] { EXPECT_TRUE(desk.verify(kFlooder, kHash, "right")); });
  std::this_thread::sleep_for(milliseconds(100));
  const auto told = desk.verify(kHonest, kHash, "right");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code(), ErrorCode::TooMany);
  first.join();
  EXPECT_TRUE(desk.verify(kHonest, kHash, "right"));
}

TEST(PasswordDesk, RefusesWhenItsLineIsFull) {
  SlowCheck slow{milliseconds(300)};
  PasswordDesk desk(slow.check(), {.threads = 1, .waiting = 1, .per_terminal = 9, .patience = milliseconds(2000)});
  std::vector<std::thread> threads;
  for (unsigned char i = 0; i < 2; ++i) {
    threads.emplace_back([&desk, i] { EXPECT_TRUE(desk.verify(Fingerprint{i}, kHash, "right")); });
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_FALSE(desk.verify(kHonest, kHash, "right"));
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace shosoin::service
