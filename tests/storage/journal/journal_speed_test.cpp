// The group flush against one pwrite and one fdatasync an entry, in the same run on the same disk.
#include <fcntl.h>

#include <chrono>
#include <thread>

#include "tests/storage/journal/support.h"

namespace shosoin::journal {
namespace {

double seconds_of(auto&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_F(JournalTest, SixtyFourCallersAreServedFasterThanByAPlainLoop) {
  constexpr int kPlain = 1000;
  constexpr std::uint8_t kThreads = 64;
  constexpr std::uint64_t kLines = 1000;
  auto file = disk::open(directory_.path() / "plain", O_RDWR | O_CREAT).value();
  ASSERT_TRUE(disk::write_at(file, Bytes(1u << 20), 0));
  ASSERT_TRUE(disk::sync_data(file));
  const Bytes entry(448, 7);
  const double plain = kPlain / seconds_of([&] {
                         for (std::uint64_t i = 0; i < kPlain; ++i) {
                           ASSERT_TRUE(disk::write_at(file, entry, i * 512));
                           ASSERT_TRUE(disk::sync_data(file));
                         }
                       });
  auto journal = Journal::open(place(), true).value();
  const double one = kPlain / seconds_of([&] {
                       for (std::uint64_t line = 1; line <= kPlain; ++line)
                         ASSERT_TRUE(journal->append(draft_of(200, line, 300)));
                     });
  const double many = kThreads * kLines / seconds_of([&] {
                        std::vector<std::thread> threads;
                        for (std::uint8_t tenant = 0; tenant < kThreads; ++tenant) {
                          threads.emplace_back([&, tenant] {
                            const Draft made = draft_of(tenant, 1, 300);
                            for (Draft draft = made; draft.line <= kLines; ++draft.line)
                              ASSERT_TRUE(journal->append(draft));
                          });
                        }
                        for (auto& thread : threads) thread.join();
                      });
  std::printf("appends a second: plain loop %.0f, journal 1 caller %.0f, 64 callers %.0f (%.1f times the plain loop)\n",
              plain, one, many, many / plain);
  RecordProperty("ratio", std::to_string(many / plain));
  EXPECT_GT(many, plain);
}

}  // namespace
}  // namespace shosoin::journal
