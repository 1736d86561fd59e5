#include "storage/journal/disk_journal.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <chrono>
#include <thread>

#include "firmware/base/log.h"
#include "firmware/base/power.h"

namespace shosoin::journal {
namespace {

constexpr int kFlusherNice = -10;  // STYLE: p99 of a flush under load 2.8 ms -> 0.27 ms

Error refused() noexcept { return Error{ErrorCode::StorageFailed, "use the journal after a failed flush"}; }

}  // namespace

DiskJournal::DiskJournal(std::filesystem::path directory, disk::Descriptor lock, Shape shape, Recovered recovered)
    : directory_(std::move(directory)),
      lock_(std::move(lock)),
      next_size_(shape.segment_size),
      dropped_(recovered.dropped),
      places_(std::move(recovered.chain.places)),
      last_(recovered.chain.last),
      flush_(recovered.chain.flush),
      segment_(recovered.segment),
      fill_(recovered.end),
      size_(recovered.size),
      next_(std::move(recovered.next)),
      next_wanted_(!next_ && fill_ > 0),
      sealed_(recovered.chain.sealed),
      file_(std::move(recovered.file)),
      durable_(recovered.chain.flush) {
  flusher_ = std::thread([this] { flush_batches(); });
  maker_ = std::thread([this] { make_segments(); });
}
DiskJournal::~DiskJournal() {
  (void)seal();  // without it the last flush stays what it is after a power cut: not told from a torn one
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  wanted_.notify_all();
  flusher_.join();
  maker_.join();
}

Position DiskJournal::position(const TenantId& tenant) const {
  std::scoped_lock lock(mutex_);
  const auto found = places_.find(tenant);
  return found == places_.end() ? Position{} : found->second.position;
}
std::map<TenantId, Position> DiskJournal::positions() const {
  std::scoped_lock lock(mutex_);
  std::map<TenantId, Position> all;
  for (const auto& [tenant, place] : places_) all.emplace_hint(all.end(), tenant, place.position);
  return all;
}

Result<Journal::Ticket> DiskJournal::enqueue(const Draft& draft) {
  if (draft.boxed_entry.size() > limits::kMaxJournalEntry) return Error{ErrorCode::TooLarge, "journal an entry"};
  Prepared frame{.head = encode_draft_head(draft), .carry = {}, .newcomer = {}};
  const std::size_t size = frame_size(kDraftHead + draft.boxed_entry.size());
  Lock lock(mutex_);
  TRY(make_room(lock, draft.tenant, size));
  prepare(frame, draft.tenant, size);
  const Ticket ticket = chain(frame, draft);
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) work_.notify_one();
  return ticket;
}
void DiskJournal::prepare(Prepared& frame, const TenantId& tenant, std::size_t size) {
  frame.next_segment = (fill_ == 0 ? carry_size() : fill_) + size + kSealSize > size_;
  if (fill_ == 0 || frame.next_segment) {
    frame.carry = encode_carry({.segment_size = frame.next_segment ? next_size_ : size_, .places = places_});
    size += frame_size(frame.carry.size());
  }
  if (!places_.contains(tenant)) frame.newcomer.try_emplace(tenant);
  const bool fresh = frame.next_segment || batches_.empty() || batches_.back().segment != segment_;
  if (fresh && spare_.empty()) spare_.emplace_back();
  Bytes& bytes = fresh ? spare_.front().bytes : batches_.back().bytes;
  if (bytes.capacity() - bytes.size() < size) bytes.reserve(std::max(bytes.size() + size, 2 * bytes.capacity()));
}
// Nothing in here allocates; what failed all the same would have left half a frame, and ends the process.
Journal::Ticket DiskJournal::chain(Prepared& frame, const Draft& draft) noexcept {
  if (frame.next_segment) {
    ++segment_;
    fill_ = 0;
    size_ = next_size_;
    gathering().opens = std::exchange(next_, std::nullopt);
  }
  if (!frame.newcomer.empty()) places_.insert(frame.newcomer.extract(frame.newcomer.begin()));
  auto& place = places_.find(draft.tenant)->second;
  ENSURE(draft.line == place.position.line + 1);
  if (!frame.carry.empty()) put(FrameKind::Carry, frame.carry);
  const auto offset = static_cast<std::uint32_t>(fill_);
  put(FrameKind::Entry, frame.head, draft.boxed_entry);
  sealed_ = false;
  place.position.line = draft.line;
  place.position.change_seq = std::max(place.position.change_seq, draft.change_seq);
  place.position.last_frame = last_;
  place.segment = segment_;
  place.offset = offset;
  return flush_;
}
// Returns with the lock held and space for the frame in the current segment or in the next, which is made. While it
// waits, others may come first.
Result<void> DiskJournal::make_room(Lock& lock, const TenantId& tenant, std::size_t frame) {
  for (;;) {
    if (failed_.load()) return refused();
    if (places_.size() >= limits::kMaxJournalTenants && !places_.contains(tenant))
      return Error{ErrorCode::TooMany, "journal an entry of one more tenant"};
    if (queued_ >= limits::kJournalQueue) {
      room_.wait(lock);
      continue;
    }
    if ((fill_ == 0 ? carry_size() : fill_) + frame + kSealSize <= size_) return success();
    if (carry_size() + frame + kSealSize > next_size_) {
      return Error{ErrorCode::TooLarge, "journal an entry: no segment takes it"};
    }
    if (next_) return success();
    if (making_failed_) {  // a full disk, most likely: this caller hears of it, the next finds a new attempt made
      const Error error = *std::exchange(making_failed_, std::nullopt);
      wanted_.notify_one();
      return error;
    }
    room_.wait(lock);
  }
}
std::size_t DiskJournal::carry_size() const { return frame_size(kCarryHead + kCarryRow * places_.size()); }
DiskJournal::Batch& DiskJournal::gathering() noexcept {
  if (batches_.empty() || batches_.back().segment != segment_) {
    ENSURE(!spare_.empty());
    auto& batch = spare_.front();
    batch.flush = ++flush_;
    batch.segment = segment_;
    batch.start = fill_;
    batch.step = "journal:flush";
    batches_.splice(batches_.end(), spare_, spare_.begin());
  }
  return batches_.back();
}
void DiskJournal::put(FrameKind kind, ByteView body, ByteView rest) noexcept {
  auto& batch = gathering();
  const FrameHead head{.kind = kind,
                       .flush = batch.flush,
                       .flush_start = static_cast<std::uint32_t>(batch.start),
                       .offset = static_cast<std::uint32_t>(fill_),
                       .segment = segment_,
                       .previous = last_};
  last_ = append_frame(batch.bytes, head, body, rest);
  const std::size_t size = frame_size(body.size() + rest.size());
  fill_ += size;
  queued_ += size;
}

Result<void> DiskJournal::wait(Ticket ticket) {
  auto& bell = bells_[ticket % bells_.size()];
  for (;;) {
    const auto heard = bell.heard();
    if (durable_.load() >= ticket) return success();
    if (failed_.load()) return refused();
    bell.wait(heard);
  }
}
Journal::Settlement DiskJournal::settlement(Ticket ticket) const {
  if (durable_.load() >= ticket) return Settlement::Durable;
  return failed_.load() ? Settlement::Failed : Settlement::Waiting;
}
void DiskJournal::tell(FlushListener& listener) {
  const std::scoped_lock lock(telling_);
  listeners_.push_back(&listener);
}
void DiskJournal::tell_no_more(FlushListener& listener) {
  const std::scoped_lock lock(telling_);
  std::erase(listeners_, &listener);
}
// A seal is a flush of its own: in one flush with an entry it would prove nothing about it.
Result<void> DiskJournal::seal() {
  constexpr int kAttempts = 4;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Ticket ticket = 0;
    {
      Lock lock(mutex_);
      if (failed_.load()) return refused();
      if (sealed_ || fill_ == 0 || fill_ + kSealSize > size_) return success();
      ticket = flush_;
      if (batches_.empty() && durable_.load() == flush_) {
        if (spare_.empty()) spare_.emplace_back();
        spare_.front().bytes.reserve(kSealSize);  // put() allocates nothing
        put(FrameKind::Seal, {});
        batches_.back().step = "journal:seal";
        sealed_ = true;
        ticket = flush_;
        if (std::exchange(idle_, false)) work_.notify_one();
      }
    }
    TRY(wait(ticket));
    if (Lock lock(mutex_); sealed_) return success();
  }
  return success();  // busy: the next flush proves this one
}
void DiskJournal::ring(std::uint64_t flush) {
  bells_[flush % bells_.size()].ring();
  const std::scoped_lock lock(telling_);
  for (auto* listener : listeners_) listener->flushed();
}

void DiskJournal::flush_batches() {
  (void)::setpriority(PRIO_PROCESS, 0, kFlusherNice);  // of this thread; without the right to it, it stays as it is
  Lock lock(mutex_);
  for (;;) {
    idle_ = batches_.empty();
    work_.wait(lock, [&] { return stopping_ || !batches_.empty(); });
    if (batches_.empty()) return;
    std::list<Batch> taken;
    taken.splice(taken.begin(), batches_, batches_.begin());
    Batch& batch = taken.front();
    lock.unlock();
    if (batch.opens) file_ = std::exchange(batch.opens, std::nullopt).value();
    // Power cut before or during it: nobody was told; the next start keeps the frames up to the first broken one and
    // zeros the rest. After: all frames of the flush are there.
    const auto written = power::guarded(batch.step, [&] { return write_batch(batch); });
    if (!written) {
      oplog::failure("journal: a flush failed", written.error());
      return give_up();
    }
    durable_.store(batch.flush);
    ring(batch.flush);
    lock.lock();
    queued_ -= batch.bytes.size();
    batch.bytes.clear();
    const bool began_segment = batch.start == 0;
    if (spare_.empty() || batch.bytes.capacity() > spare_.front().bytes.capacity()) spare_.swap(taken);
    if (began_segment) {  // not earlier: at most one segment stands unused behind the newest frame
      next_wanted_ = true;
      wanted_.notify_one();
    }
    room_.notify_all();
  }
}
Result<void> DiskJournal::write_batch(const Batch& batch) {
  TRY(disk::write_at(file_, batch.bytes, batch.start));
  return disk::sync_data(file_);
}
// What reached the disk is unknown. Nothing is written any more and everybody hears of it.
void DiskJournal::give_up() {
  {
    std::scoped_lock lock(mutex_);
    failed_.store(true);
    batches_.clear();
  }
  for (std::size_t i = 0; i < bells_.size(); ++i) ring(i);
  room_.notify_all();
  wanted_.notify_all();
}

void DiskJournal::make_segments() {
  Lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [&] { return stopping_ || failed_.load() || (next_wanted_ && !making_failed_); });
    if (stopping_ || failed_.load()) return;
    const std::uint32_t number = segment_ + 1;
    lock.unlock();
    auto made = make_segment(directory_, number, next_size_);
    if (!made) oplog::failure("journal: no next segment", made.error());
    if (!made && made.error().code() == ErrorCode::StorageFailed) return give_up();
    lock.lock();
    if (made) {
      next_ = std::move(made).value();
      next_wanted_ = false;
    } else {
      making_failed_ = made.error();
    }
    room_.notify_all();
  }
}

Result<void> DiskJournal::has_room(std::size_t entry_size) {
  Lock lock(mutex_);
  for (;;) {
    if (failed_.load()) return refused();
    const std::size_t wanted = frame_size(entry_size) + kSealSize + std::min(limits::kJournalReserve, size_ / 4);
    if (next_ || fill_ == 0 || fill_ + wanted <= size_) return success();  // an empty segment has just been made
    if (making_failed_) {
      const Error error = *std::exchange(making_failed_, std::nullopt);
      wanted_.notify_one();
      return error;
    }
    room_.wait(lock);
  }
}
Result<void> DiskJournal::settled(std::uint64_t flush) const {
  // A walk is rare and may sleep in steps; the bells are for those who wait for their own flush.
  while (durable_.load(std::memory_order_acquire) < flush) {
    if (failed_.load()) return Error{ErrorCode::StorageFailed, "read the journal: its flusher has given up"};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return success();
}
Result<void> DiskJournal::walk(const std::function<bool(const Frame&)>& visit) const { return walk_from(0, visit); }
Result<void> DiskJournal::walk_newest(std::uint32_t segments, const std::function<bool(const Frame&)>& visit) const {
  return walk_from(std::max(segments, 1u), visit);
}

// newest: so many segments; 0: all.
Result<void> DiskJournal::walk_from(std::uint32_t newest_segments,
                                    const std::function<bool(const Frame&)>& visit) const {
  std::uint32_t last = 0;
  std::size_t end = 0;
  std::uint64_t newest = 0;
  {
    std::scoped_lock lock(mutex_);
    last = segment_;
    end = fill_;
    newest = flush_;
  }
  TRY(settled(newest));  // what was enqueued before the walk began is on the disk; what comes later is not looked at
  const std::uint32_t first = newest_segments == 0 || newest_segments > last ? 1 : last - newest_segments + 1;
  return walk_segments(directory_, {first, last, end}, visit);
}
Result<std::optional<Frame>> DiskJournal::last_frame_of(const TenantId& tenant) const {
  Place place;
  std::uint64_t newest = 0;
  {
    std::scoped_lock lock(mutex_);
    const auto found = places_.find(tenant);
    if (found == places_.end()) return std::optional<Frame>();
    place = found->second;
    newest = flush_;
  }
  TRY(settled(newest));
  auto file = disk::open(segment_path(directory_, place.segment), O_RDONLY);
  if (!file && file.error().code() == ErrorCode::NotFound) return std::optional<Frame>();  // no longer kept
  if (!file) return file.error();
  Bytes bytes(kFrameHead);
  TRY(disk::read_at(file.value(), bytes, place.offset));
  const Error broken{ErrorCode::Integrity, "read a tenant's last frame", place.segment};
  const auto size = claimed_size(bytes);
  if (!size) return broken;
  bytes.resize(*size);
  TRY(disk::read_at(file.value(), bytes, place.offset));
  const auto stored = read_frame(bytes, place.segment, place.offset);
  if (!stored || stored->head.kind != FrameKind::Entry || stored->hash != place.position.last_frame) return broken;
  TRY(auto draft, decode_draft(stored->body));
  return std::optional<Frame>(Frame{std::move(draft), stored->head.flush, stored->head.previous, stored->hash});
}

Result<std::unique_ptr<Journal>> open_journal(const std::filesystem::path& directory, bool create, Shape shape) {
  ENSURE(shape.segment_size > 0 && shape.segment_size % kFrameAlign == 0 &&
         shape.segment_size <= limits::kJournalSegmentMost);
  if (create) {
    TRY(power::guarded("journal:directory", [&] { return disk::make_directory(directory); }));
  }
  TRY(auto lock, lock_directory(directory));
  TRY(auto recovered, recover(directory, shape.segment_size, create));
  return std::unique_ptr<Journal>(
      std::make_unique<DiskJournal>(directory, std::move(lock), shape, std::move(recovered)));
}
Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& directory, bool create) {
  return open_journal(directory, create, {});
}

}  // namespace shosoin::journal
