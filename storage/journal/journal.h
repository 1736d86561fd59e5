// The journal: the durability point of everything that is told (DESIGN section 7; format page:
// storage/journal/journal.md). Preallocated, zero-filled segments shared by all tenants; one flusher thread; every
// flush gathers what waits (group flush). Frames are hash chained in file order and carry their flush number. Entries
// come boxed: the journal needs no key. append/enqueue/wait: any thread. Everything else: one thread, before the first
// append.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "firmware/base/bytes.h"
#include "firmware/base/ids.h"
#include "firmware/base/result.h"

namespace shosoin::journal {

// What a tenant hands in: complete but for its place in the chain. This is what an outbox stores.
struct Draft {
  TenantId tenant;
  std::uint64_t line = 0;        // 1.. per tenant, without gaps, in journal order
  std::uint64_t change_seq = 0;  // 0 for reads
  MonthKeyId month_key;
  Bytes boxed_entry;
};
Bytes encode_draft(const Draft& draft);
Result<Draft> decode_draft(ByteView bytes);

// Where a tenant stands in the journal.
struct Position {
  std::uint64_t line = 0;
  std::uint64_t change_seq = 0;  // the highest seen
  Digest last_frame{};           // hash of the tenant's last frame: its "log head"
};
struct Frame {
  Draft draft;
  std::uint64_t flush = 0;
  Digest previous{}, hash{};  // chain over all frames of the journal
};

// Told after every flush, and once when flushing has failed: from the flusher's thread, hence briefly.
class FlushListener {
 public:
  virtual ~FlushListener() = default;
  virtual void flushed() noexcept = 0;
};

class Journal {
 public:
  // Finds the end: a torn tail (no valid frame of a later flush behind it) is zeroed, anything else that does not
  // verify is Integrity. Only the newest segment is read: each segment opens with the positions of all tenants.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& directory, bool create);
  virtual ~Journal() = default;

  virtual Position position(const TenantId& tenant) const = 0;
  virtual std::map<TenantId, Position> positions() const = 0;

  // To be asked before a commit whose frame follows it: StorageFull when a frame of that size might find no room. Waits
  // while the next segment is being made.
  virtual Result<void> has_room(std::size_t entry_size) = 0;

  using Ticket = std::uint64_t;
  // Order of enqueue = order in the file. Blocks only while limits::kJournalQueue bytes wait.
  virtual Result<Ticket> enqueue(const Draft& draft) = 0;
  // Returns when the frame is durable. StorageFailed: unknown; the process must end.
  virtual Result<void> wait(Ticket ticket) = 0;
  // The same question without waiting, for who serves others meanwhile. Failed: as StorageFailed.
  enum class Settlement { Waiting, Durable, Failed };
  virtual Settlement settlement(Ticket ticket) const = 0;
  virtual void tell(FlushListener& listener) = 0;
  virtual void tell_no_more(FlushListener& listener) = 0;  // afterwards it is not being told
  Result<void> append(const Draft& draft) {
    TRY(auto ticket, enqueue(draft));
    return wait(ticket);
  }

  // Whether a flush has failed: nothing can be told any more and the process must end, asked or not.
  virtual bool has_failed() const = 0;
  // Puts an empty flush behind the last one, and returns when it is durable. From then on damage in the last flush is
  // told from a torn tail. Does nothing when that stands already, or while flush follows flush.
  virtual Result<void> seal() = 0;
  // Bytes of a torn tail that opening took away; lines of reads that were acknowledged may have been among them only if
  // their flush was the last one and not sealed.
  virtual std::uint64_t dropped() const = 0;

  // Walks every frame of every segment in order and verifies the chain.
  virtual Result<void> walk(const std::function<bool(const Frame&)>& visit) const = 0;
  // The same of the newest segments only, at least one: what a start can afford however old the journal is.
  virtual Result<void> walk_newest(std::uint32_t segments, const std::function<bool(const Frame&)>& visit) const = 0;
  // The tenant's newest frame, if any is kept.
  virtual Result<std::optional<Frame>> last_frame_of(const TenantId& tenant) const = 0;
};

}  // namespace shosoin::journal
