// The journal on disk: callers chain their frames under one lock, one thread flushes, one makes the next segment ahead
// of need. Threads: as storage/journal/journal.h says.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "firmware/base/bell.h"
#include "storage/journal/recovery.h"

namespace shosoin::journal {

// Tests take small segments; the product takes the limit.
struct Shape {
  std::size_t segment_size = limits::kJournalSegment;
};
Result<std::unique_ptr<Journal>> open_journal(const std::filesystem::path& directory, bool create, Shape shape);

class DiskJournal final : public Journal {
 public:
  DiskJournal(std::filesystem::path directory, disk::Descriptor lock, Shape shape, Recovered recovered);
  ~DiskJournal() override;  // flushes what waits, and seals

  Position position(const TenantId& tenant) const override;
  std::map<TenantId, Position> positions() const override;
  Result<void> has_room(std::size_t entry_size) override;
  bool has_failed() const override { return failed_.load(); }
  Result<Ticket> enqueue(const Draft& draft) override;
  Result<void> wait(Ticket ticket) override;
  Settlement settlement(Ticket ticket) const override;
  void tell(FlushListener& listener) override;
  void tell_no_more(FlushListener& listener) override;
  Result<void> seal() override;
  std::uint64_t dropped() const override { return dropped_; }
  Result<void> walk(const std::function<bool(const Frame&)>& visit) const override;
  Result<void> walk_newest(std::uint32_t segments, const std::function<bool(const Frame&)>& visit) const override;
  Result<std::optional<Frame>> last_frame_of(const TenantId& tenant) const override;

 private:
  struct Batch {  // one flush; never spans two segments
    std::uint64_t flush = 0;
    std::uint32_t segment = 0;
    std::size_t start = 0;
    Bytes bytes;
    std::optional<disk::Descriptor> opens;  // the segment's file, when this is its first flush
    std::string_view step = "journal:flush";
  };
  using Lock = std::unique_lock<std::mutex>;

  // What a frame needs, made before anything changes: out of memory leaves the journal as it was.
  struct Prepared {
    DraftHead head{};
    Bytes carry;      // empty unless the frame opens a segment
    Places newcomer;  // the node of a tenant that has no frame yet
    bool next_segment = false;
  };
  Result<void> make_room(Lock& lock, const TenantId& tenant, std::size_t frame);
  std::size_t carry_size() const;
  void prepare(Prepared& frame, const TenantId& tenant, std::size_t size);
  Ticket chain(Prepared& frame, const Draft& draft) noexcept;
  Batch& gathering() noexcept;
  void put(FrameKind kind, ByteView body, ByteView rest = {}) noexcept;
  void flush_batches();
  Result<void> write_batch(const Batch& batch);
  void make_segments();
  Result<void> walk_from(std::uint32_t newest_segments, const std::function<bool(const Frame&)>& visit) const;
  void give_up();
  void ring(std::uint64_t flush);
  Result<void> settled(std::uint64_t flush) const;  // waits until that flush is durable

  const std::filesystem::path directory_;
  const disk::Descriptor lock_;
  const std::size_t next_size_;
  const std::uint64_t dropped_;

  mutable std::mutex mutex_;
  std::condition_variable work_, room_, wanted_;
  Places places_;
  Digest last_;
  std::uint64_t flush_;    // number of the newest batch
  std::uint32_t segment_;  // the one being filled, and how far
  std::size_t fill_, size_;
  std::list<Batch> batches_;
  std::size_t queued_ = 0;  // bytes not yet durable
  std::list<Batch> spare_;  // one, with the memory of a flushed one
  std::optional<disk::Descriptor> next_;
  std::optional<Error> making_failed_;
  bool next_wanted_ = false, idle_ = false, stopping_ = false;
  bool sealed_ = false;  // nothing stands behind the newest seal

  disk::Descriptor file_;  // the flusher's
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<bool> failed_{false};
  // Sleepers of one flush share a bell, so that a flush wakes those it carried and not those who wait for the next.
  std::array<Bell, 8> bells_{};
  std::mutex telling_;
  std::vector<FlushListener*> listeners_;
  std::thread flusher_, maker_;
};

}  // namespace shosoin::journal
