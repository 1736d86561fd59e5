#include "storage/generations/box_writer.h"

#include <new>
#include <system_error>

#include "crypto/box.h"
#include "crypto/hash.h"
#include "firmware/base/limits_speed.h"
#include "firmware/base/log.h"

namespace shosoin::generations {

BoxWriter::~BoxWriter() {
  {
    std::unique_lock lock(mutex_);
    waiting_.clear();
    waiting_bytes_ = 0;
  }
  (void)join();
}

BoxWriter::Box BoxWriter::box(engine::Table table, const crypto::BoxContext& context, Bytes key, Bytes& plain) {
  Bytes room;
  if (!room_.empty()) {
    room = std::move(room_.back());
    room_.pop_back();
  }
  Box out{table, std::move(key), crypto::seal_box(plan_.generation->key, context, plain, std::move(room))};
  memory::wipe(plain);
  plain.clear();
  return out;
}

Result<void> BoxWriter::put_block(Bytes& plain) {
  const auto number = blocks_++;
  return put(box(kBlocks, context(crypto::BoxKind::Block, number), gid_key(plan_.generation->gid, number), plain));
}
Result<void> BoxWriter::put_part(Bytes plain) {
  const auto number = parts_++;
  return put(box(kHeads, context(crypto::BoxKind::Directory, number), part_key(plan_.generation->gid, number), plain));
}

Result<void> BoxWriter::put(Box box) {
  if (alone_ && !refused_ && blocks_ > limits::kBoxesAlone) {
    TRY(commit());  // a transaction stays on its thread
    try {
      thread_ = std::thread([this] { work(); });
      alone_ = false;
    } catch (const std::system_error&) {
      refused_ = true;
      oplog::warning("No thread for boxing ahead: a generation is written without one");
    }
  }
  if (alone_) return store(box);
  filling_bytes_ += box.boxed.size();
  filling_.push_back(std::move(box));
  return filling_bytes_ < limits::kBoxesTogether ? Result<void>(success()) : hand_over();
}

// Many at once: neither thread wakes the other for each, and what was stored gives its memory to the next ones.
Result<void> BoxWriter::hand_over() {
  std::vector<Boxes> stored;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failed_ || waiting_bytes_ < limits::kBoxesWaiting; });
    if (failed_) return *failed_;
    waiting_bytes_ += std::exchange(filling_bytes_, 0);
    waiting_.push_back(std::exchange(filling_, {}));
    stored.swap(stored_);
    changed_.notify_all();
  }
  for (auto& boxes : stored) {
    for (auto& box : boxes) {
      if (box.boxed.capacity() <= limits::kBoxKept) room_.push_back(std::move(box.boxed));
    }
  }
  return success();
}

// On the second thread; no exception leaves it.
void BoxWriter::work() noexcept {
  const auto fail = [this](const Error& error) {
    std::unique_lock lock(mutex_);
    failed_ = error;
    changed_.notify_all();
  };
  try {
    for (Boxes boxes;;) {
      {
        std::unique_lock lock(mutex_);
        if (!boxes.empty()) stored_.push_back(std::exchange(boxes, {}));
        changed_.wait(lock, [&] { return over_ || !waiting_.empty(); });
        if (waiting_.empty()) break;
        boxes = std::move(waiting_.front());
        waiting_.pop_front();
        for (const auto& box : boxes) waiting_bytes_ -= box.boxed.size();
        changed_.notify_all();
      }
      for (const auto& box : boxes) {
        if (auto stored = store(box); !stored) {
          transaction_.reset();
          return fail(stored.error());
        }
      }
    }
    if (auto done = commit(); !done) fail(done.error());
  } catch (const std::bad_alloc&) {
    transaction_.reset();
    fail(Error{ErrorCode::OutOfMemory, "box a generation"});
  }
}

std::optional<Error> BoxWriter::join() noexcept {
  if (!thread_.joinable()) return failed_;
  {
    std::unique_lock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  thread_.join();
  alone_ = refused_ = true;
  return failed_;
}

Result<void> BoxWriter::store(const Box& box) {
  const auto leaf = crypto::merkle_leaf({box.boxed});
  if (box.table == kBlocks) leaves_.push_back(leaf);
  if (transaction_ && transaction_->dirty_pages() >= limits::kTransactionPages) {
    TRY(commit());
  }
  if (!transaction_) {
    TRY(auto transaction, environment_.write());
    transaction_ = std::move(transaction);
  }
  TRY(transaction_->put(box.table, box.key, box.boxed));
  return plan_.copy == nullptr ? Result<void>(success()) : plan_.copy->put(box.table, box.key, box.boxed, leaf);
}

// If power goes between these commits: blocks of a gid that no table row names; the next start drops them.
Result<void> BoxWriter::commit() {
  auto transaction = std::move(transaction_);
  return transaction ? transaction->commit("generation:blocks") : success();
}

Result<Digest> BoxWriter::settle() {
  if (!filling_.empty()) {
    TRY(hand_over());
  }
  if (auto failed = join()) return *failed;
  TRY(commit());
  return crypto::merkle_root(leaves_);
}

Result<void> BoxWriter::put_head(Bytes plain) {
  TRY(store(box(kHeads, context(crypto::BoxKind::GenerationHead, 0), copy_of(plan_.generation->gid.view()), plain)));
  return commit();
}

}  // namespace shosoin::generations
