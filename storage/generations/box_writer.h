// Boxes plaintexts and stores them in order, in transactions of bounded size, each durable. From limits::kBoxesAlone
// boxes on the storing, and the disk's syncs, are a second thread's, where the system has one to give; only what is
// boxed already reaches it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "crypto/box.h"
#include "storage/generations/layout.h"
#include "storage/generations/snapshot.h"

namespace shosoin::generations {

class BoxWriter {
 public:
  BoxWriter(engine::Environment& environment, const SnapshotPlan& plan) : environment_(environment), plan_(plan) {}
  BoxWriter(const BoxWriter&) = delete;
  BoxWriter& operator=(const BoxWriter&) = delete;
  ~BoxWriter();  // what waits is forgotten
  // Plaintexts, wiped here. Blocks ascending from 0, directory parts ascending from 0. Comes back with the error of an
  // earlier one too: then nothing more is stored.
  Result<void> put_block(Bytes& plain);  // empty afterwards, its memory stays
  Result<void> put_part(Bytes plain);
  Result<Digest> settle();             // everything so far is durable; the Merkle root over the blocks
  Result<void> put_head(Bytes plain);  // after settle(); durable when it returns
  std::uint64_t blocks() const { return blocks_; }
  std::uint32_t parts() const { return parts_; }

 private:
  struct Box {
    engine::Table table;
    Bytes key, boxed;
  };
  using Boxes = std::vector<Box>;
  Box box(engine::Table table, const crypto::BoxContext& context, Bytes key, Bytes& plain);
  crypto::BoxContext context(crypto::BoxKind kind, std::uint64_t number) const {
    return {kind, plan_.tenant, plan_.generation->gid.bytes(), 0, number};
  }
  Result<void> put(Box box);
  Result<void> hand_over();
  Result<void> store(const Box& box);
  Result<void> commit();
  void work() noexcept;
  std::optional<Error> join() noexcept;

  engine::Environment& environment_;
  const SnapshotPlan& plan_;
  std::uint64_t blocks_ = 0;
  std::uint32_t parts_ = 0;
  bool alone_ = true;     // no second thread yet
  bool refused_ = false;  // there was none to have
  Boxes filling_;         // handed over from limits::kBoxesTogether bytes on, and at the end
  std::size_t filling_bytes_ = 0;
  std::vector<Bytes> room_;  // of boxes that are stored, for the next ones
  // Of whoever stores: the second thread between its start and join().
  std::unique_ptr<engine::WriteTransaction> transaction_;
  std::vector<Digest> leaves_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Boxes> waiting_;  // guarded by mutex_, with those below
  std::vector<Boxes> stored_;  // empty but for their memory
  std::size_t waiting_bytes_ = 0;
  bool over_ = false;
  std::optional<Error> failed_;
  std::thread thread_;
};

}  // namespace shosoin::generations
