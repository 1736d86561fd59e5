// The engine: ordered byte tables, one writer, snapshot readers, atomic durable commit. LMDB inside; nothing above this
// header knows it. An Environment may be used from any thread; a transaction stays on the thread that made it and must
// not outlive the environment. Views returned by a transaction are valid until it ends (or, in a write transaction,
// until the next write).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"
#include "storage/engine/page_check.h"

namespace shosoin::engine {

struct Table {  // an opened table: its position in EnvironmentOptions::tables
  std::size_t index;
  bool operator==(const Table&) const = default;
};
struct EnvironmentOptions {
  std::vector<std::string> tables;  // in the order of the Table indices; a newer version may add some at the end
  std::size_t map_size;
};
// Return false to stop a scan.
using Visitor = std::function<bool(ByteView key, ByteView value)>;

class ReadTransaction {
 public:
  virtual ~ReadTransaction() = default;
  virtual Result<std::optional<ByteView>> get(Table table, ByteView key) const = 0;
  // All entries with key >= from, ascending, until the visitor stops it.
  virtual Result<void> scan(Table table, ByteView from, const Visitor& visit) const = 0;
  virtual Result<std::uint64_t> count(Table table) const = 0;
  virtual Result<std::optional<Bytes>> last_key(Table table) const = 0;
  // So many large values from this key on are asked for next: begins to bring them from the disk, and waits for none.
  // Changes nothing but the time. Environments read from random places otherwise, page by page.
  virtual void expect(Table table, ByteView from, std::size_t values) const = 0;
};
class WriteTransaction : public ReadTransaction {
 public:
  virtual Result<void> put(Table table, ByteView key, ByteView value) = 0;
  virtual Result<void> put_new(Table table, ByteView key, ByteView value) = 0;  // Conflict when the key exists
  virtual Result<bool> erase(Table table, ByteView key) = 0;                    // whether it was there
  virtual std::size_t dirty_pages() const = 0;  // estimate, for limits::kTransactionPages
  // Durable when it returns success. StorageFull: nothing happened. StorageFailed: unknown, the process must end. If
  // power goes during it: all or nothing. The step name goes to power::guarded(). The transaction is over either way.
  virtual Result<void> commit(std::string_view step) = 0;
};

class Environment {
 public:
  // Creates the directory (0700) and files (0600) when missing and create is true; NotFound otherwise. Integrity, with
  // the page's number: the structure of the file is damaged, and nothing of it was used (page_check.h).
  static Result<std::unique_ptr<Environment>> open(const std::filesystem::path& directory,
                                                   const EnvironmentOptions& options, bool create);
  virtual ~Environment() = default;
  virtual Result<std::unique_ptr<ReadTransaction>> read() = 0;
  virtual Result<std::unique_ptr<WriteTransaction>> write() = 0;  // waits for the other writer
  virtual Result<std::uint64_t> size_on_disk() const = 0;
  // A copy of the newest snapshot in a new file (0600, synced), without what was deleted, while others read and write. The
  // environment does not depend on it: what goes wrong while the copy is written is StorageFull or Unavailable. Step
  // "engine:copy".
  virtual Result<void> copy_to(const std::filesystem::path& file) = 0;
  // The structure of the file again, as the newest snapshot has it, while others read and write. After an Integrity
  // every later transaction is refused with Integrity. visit is told of each page and may sleep; the snapshot is held
  // open meanwhile.
  virtual Result<void> check(const PageVisitor& visit) = 0;
  // Nothing begins in it from here on: NotFound. With the last transaction that is under way its file is closed, so
  // that the room of a file that was removed comes back then and not only when the process ends.
  virtual void retire() noexcept = 0;
};

// Every entry of every table of an environment nobody has open, without keys and without writing (repair mode).
struct AtRest {
  std::uint64_t tables = 0, entries = 0, bytes = 0;
};
Result<AtRest> walk_at_rest(const std::filesystem::path& directory);

// Once per process before the first environment: allocator thresholds (STYLE: glibc's default costs seconds and
// gigabytes).
void prepare_allocator();

}  // namespace shosoin::engine
