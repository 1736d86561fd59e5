// Transactions over LMDB (storage/engine/engine.h). Made by lmdb_environment.cpp only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "firmware/base/limits_speed.h"
#include "storage/engine/engine.h"
#include "storage/engine/lmdb_handles.h"

namespace shosoin::engine {

// Read transactions that are over but keep their place in LMDB's table of readers: taking one up again costs neither a
// search of that table nor its lock. One that rests holds no page.
class IdleReaders {
 public:
  IdleReaders() { resting_.reserve(limits::kIdleReaders); }  // so that going to rest needs no memory
  TransactionHandle take();                                  // empty when there is none
  void rest(TransactionHandle transaction) noexcept;
  void clear() noexcept;

 private:
  std::mutex mutex_;
  std::vector<TransactionHandle> resting_;  // at most limits::kIdleReaders
};

// Writers in the order in which they came. LMDB's own mutex is not fair: whoever commits one transaction after the
// other, as a generation is written, has it again before a writer that waits is awake.
class Turns {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    const auto mine = next_++;
    changed_.wait(lock, [&] { return now_ == mine; });
  }
  void pass() noexcept {
    {
      std::scoped_lock lock(mutex_);
      ++now_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0, now_ = 0;
};
// From waiting to passing on, at the latest when it goes.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(&turns) { turns.wait(); }
  Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() { pass(); }
  void pass() noexcept {
    if (auto* turns = std::exchange(turns_, nullptr); turns != nullptr) turns->pass();
  }

 private:
  Turns* turns_;
};

// What an environment shares with its transactions.
struct Shared {
  EnvironmentHandle handle;
  IdleReaders idle;  // gone before the handle
  std::vector<MDB_dbi> tables;
  std::atomic<bool> failed{false};   // a commit ended unknown: nothing more is written
  std::atomic<bool> damaged{false};  // a check of the running environment found damage: nothing more is read or written
  Turns turns;                       // of writers
  std::atomic<std::thread::id> writer{};  // LMDB's writer mutex would deadlock a thread that asks twice
  std::span<std::uint8_t> map{};          // where LMDB has mapped the file; empty where that is not known
  // The pages of the file that this process has touched leave its memory and stay in the kernel's cache: after writing
  // much, so that what an import has passed by is not held for good. Whoever reads one meanwhile finds it again.
  void let_go_of_pages() const noexcept;

  // Who uses the handle has entered and leaves. Once it is retired nobody enters, and the last to leave closes it.
  bool enter() noexcept;
  void leave() noexcept;
  void retire() noexcept;
  std::function<void()> when_closed{};  // called at most once, by whoever leaves last

 private:
  std::atomic<std::uint64_t> users_{0};
  std::atomic<bool> retired_{false};
  std::atomic_flag closed_{};
};

// From entering to leaving. Made by use_of only.
class Use {
 public:
  explicit Use(Shared& entered) noexcept : shared_(&entered) {}
  Use(Use&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Use& operator=(Use&&) = delete;
  ~Use() {
    if (shared_ != nullptr) shared_->leave();
  }

 private:
  Shared* shared_;
};
Result<Use> use_of(Shared& shared);  // NotFound: it was retired

class LmdbReader final : public ReadTransaction {
 public:
  LmdbReader(Use use, Shared& shared, TransactionHandle transaction) noexcept;
  ~LmdbReader() override;
  Result<std::optional<ByteView>> get(Table table, ByteView key) const override;
  Result<void> scan(Table table, ByteView from, const Visitor& visit) const override;
  Result<std::uint64_t> count(Table table) const override;
  Result<std::optional<Bytes>> last_key(Table table) const override;
  void expect(Table table, ByteView from, std::size_t values) const override;

 private:
  Use use_;  // left last
  Shared& shared_;
  TransactionHandle transaction_;
};

class LmdbWriter final : public WriteTransaction {
 public:
  LmdbWriter(Use use, Turn turn, Shared& shared, TransactionHandle transaction) noexcept;
  ~LmdbWriter() override;
  Result<std::optional<ByteView>> get(Table table, ByteView key) const override;
  Result<void> scan(Table table, ByteView from, const Visitor& visit) const override;
  Result<std::uint64_t> count(Table table) const override;
  Result<std::optional<Bytes>> last_key(Table table) const override;
  void expect(Table table, ByteView from, std::size_t values) const override;
  Result<void> put(Table table, ByteView key, ByteView value) override;
  Result<void> put_new(Table table, ByteView key, ByteView value) override;
  Result<bool> erase(Table table, ByteView key) override;
  std::size_t dirty_pages() const override { return dirty_pages_; }
  Result<void> commit(std::string_view step) override;

 private:
  Result<void> store(Table table, ByteView key, ByteView value, unsigned flags);
  Error remember(Error error);
  void end() noexcept;
  Result<void> finish();

  Use use_;    // left last
  Turn turn_;  // passed on as soon as the transaction is over
  Shared& shared_;
  TransactionHandle transaction_;
  std::optional<Error> first_error_;  // LMDB would answer MDB_BAD_TXN to commit; the reason is worth more
  std::size_t dirty_pages_ = 0;
  mutable bool scanning_ = false;  // a visitor that writes would pull the page from under its own views
};

}  // namespace shosoin::engine
