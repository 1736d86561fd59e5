#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>

#include "firmware/base/disk.h"
#include "firmware/base/limits.h"
#include "firmware/base/log.h"
#include "firmware/base/power.h"
#include "storage/engine/lmdb_transaction.h"
#include "storage/engine/page_format.h"

namespace shosoin::engine {
namespace {

namespace fs = std::filesystem;
constexpr const char* kDataFile = "data.mdb";
constexpr const char* kLockFile = "lock.mdb";

// LMDB breaks its own locks when one process opens a file twice.
class OpenFiles {
 public:
  using Identity = std::pair<dev_t, ino_t>;
  bool enter(Identity identity) {
    std::scoped_lock lock(mutex_);
    return identities_.insert(identity).second;
  }
  void leave(Identity identity) {
    std::scoped_lock lock(mutex_);
    identities_.erase(identity);
  }
  static OpenFiles& all() {
    static OpenFiles files;
    return files;
  }

 private:
  std::mutex mutex_;
  std::set<Identity> identities_;
};

class OpenFile {
 public:
  static Result<OpenFile> enter(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
      return Error{disk::code_of(errno), "open an environment: no data file", errno};
    const OpenFiles::Identity identity{status.st_dev, status.st_ino};
    if (!OpenFiles::all().enter(identity)) return Error{ErrorCode::Conflict, "open an environment a second time"};
    return OpenFile(identity);
  }
  OpenFile(OpenFile&& other) noexcept : identity_(std::exchange(other.identity_, std::nullopt)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (identity_) OpenFiles::all().leave(*identity_);
  }

 private:
  explicit OpenFile(OpenFiles::Identity identity) : identity_(identity) {}
  std::optional<OpenFiles::Identity> identity_;
};

// LMDB maps its table of readers. A hole in that file would be answered by SIGBUS as soon as the disk is full. Before
// LMDB opens it: closing the file afterwards would drop LMDB's own lock on it.
Result<void> cover_readers(const fs::path& directory) {
  const auto file = disk::open(directory / kLockFile, O_RDWR);
  if (!file && file.error().code() == ErrorCode::NotFound) return success();  // LMDB is about to make it
  if (!file) return file.error();
  TRY(const auto size, disk::size_of(file.value()));
  const int code = size == 0 ? 0 : ::posix_fallocate(file.value().number(), 0, static_cast<off_t>(size));
  if (code != 0) return Error{disk::code_of(code), "make room for the readers of an environment", code};
  return success();
}

// LMDB asserts where a page it has mapped makes no sense any more: damage since the check at opening. It would abort
// without a word.
[[noreturn]] void page_makes_no_sense(MDB_env*, const char*) {
  const Error error{ErrorCode::Integrity, "read a page of an environment: it was damaged while the process ran"};
  oplog::failure("the process ends; the next start leaves the damaged environment closed", error);
  std::_Exit(error_row(error.code()).exit_code);
}

Result<EnvironmentHandle> open_handle(const fs::path& directory, const EnvironmentOptions& options) {
  TRY(cover_readers(directory));
  MDB_env* raw = nullptr;
  int code = mdb_env_create(&raw);
  if (code != MDB_SUCCESS) return engine_error(code, "make an environment");
  EnvironmentHandle handle(raw);
  code = mdb_env_set_maxdbs(raw, static_cast<MDB_dbi>(options.tables.size()));
  if (code == MDB_SUCCESS) code = mdb_env_set_mapsize(raw, options.map_size);
  if (code == MDB_SUCCESS) code = mdb_env_set_maxreaders(raw, limits::kEnvironmentReaders);
  if (code == MDB_SUCCESS) code = mdb_env_set_assert(raw, page_makes_no_sense);
  // NOTLS: without it the 1,025th environment fails. NORDAHEAD: rows are read one by one from random places.
  if (code == MDB_SUCCESS) code = mdb_env_open(raw, directory.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600);
  if (code != MDB_SUCCESS) return engine_error(code, "open an environment");
  int dead = 0;
  code = mdb_reader_check(raw, &dead);  // slots of a killed process would keep old pages alive
  if (code != MDB_SUCCESS) return engine_error(code, "clear the readers of an environment");
  return handle;
}

// A data file cut short would answer reads with SIGBUS. Zeros in its place read as a damaged page, which is an error we
// can tell. Pages allocated and freed by one transaction may rightly be missing at the end; they are never read.
Result<void> cover_file(MDB_env* handle) {
  TRY(const auto file, data_file_of(handle));
  if (file.present < file.wanted && ::ftruncate(file.number, file.wanted) != 0)
    return Error{disk::code_of(errno), "cover the data file of an environment", errno};
  return success();
}

Result<TransactionHandle> begin(MDB_env* handle, unsigned flags) {
  MDB_txn* raw = nullptr;
  const int code = mdb_txn_begin(handle, nullptr, flags, &raw);
  if (code != MDB_SUCCESS) return engine_error(code, "begin a transaction");
  return TransactionHandle(raw);
}

// False when a table is missing and MDB_CREATE was not asked for.
Result<bool> open_tables(MDB_txn* transaction, const EnvironmentOptions& options, unsigned flags, Shared& shared) {
  shared.tables.clear();
  for (const auto& name : options.tables) {
    MDB_dbi table = 0;
    const int code = mdb_dbi_open(transaction, name.c_str(), flags, &table);
    if (code == MDB_NOTFOUND && flags == 0) return false;
    if (code != MDB_SUCCESS) return engine_error(code, "open a table");
    shared.tables.push_back(table);
  }
  return true;
}
// A start must not cost each of 1,741 environments a commit: tables are looked for first, made only when one is
// missing. The check of the pages has made sure that one that is missing never was there.
Result<void> find_or_make_tables(const EnvironmentOptions& options, Shared& shared) {
  {
    TRY(auto reader, begin(shared.handle.get(), MDB_RDONLY));
    TRY(auto found, open_tables(reader.get(), options, 0, shared));
    if (found) {
      const int code = mdb_txn_commit(reader.release());  // keeps the table handles
      if (code != MDB_SUCCESS) return engine_error(code, "keep the tables open");
      return success();
    }
  }
  TRY(auto writer, begin(shared.handle.get(), 0));
  TRY(auto made, open_tables(writer.get(), options, MDB_CREATE, shared));
  ENSURE(made);
  return power::guarded("engine:tables", [&]() -> Result<void> {
    const int code = mdb_txn_commit(writer.release());
    if (code != MDB_SUCCESS) return engine_error(code, "make the tables");
    return success();
  });
}

// LMDB does not tell where it has mapped the file. Its main tree stands in the map, and each page begins with its number.
std::span<std::uint8_t> find_map(MDB_env* handle, const EnvironmentOptions& options) {
  auto reader = begin(handle, MDB_RDONLY);
  MDB_dbi main = 0;
  if (!reader || mdb_dbi_open(reader.value().get(), nullptr, 0, &main) != MDB_SUCCESS) return {};
  MDB_val name = value_of(shosoin::view_of(options.tables.front())), found{};
  if (mdb_get(reader.value().get(), main, &name, &found) != MDB_SUCCESS) return {};
  auto* value = static_cast<std::uint8_t*>(found.mv_data);
  auto* page = value - reinterpret_cast<std::uintptr_t>(value) % pages::kPageSize;
  const ByteView bytes(page, pages::kPageSize);
  const auto number = pages::load<std::uint64_t>(bytes, 0);
  const bool leaf = pages::load<std::uint16_t>(bytes, 10) == pages::kLeaf;
  if (!leaf || number < pages::kFirstPage || number >= options.map_size / pages::kPageSize) return {};
  return {page - number * pages::kPageSize, options.map_size};
}

// Built under another name and renamed: if power goes before the rename there is no environment, afterwards there is a
// whole one.
Result<void> create_environment(const fs::path& directory, const EnvironmentOptions& options) {
  fs::path draft = directory;
  draft += ".new";
  std::error_code ignored;  // what is left of an attempt; if it stays, the steps below say so
  fs::remove_all(draft, ignored);
  TRY(disk::make_directory(draft));
  {
    Shared shared;
    TRY(shared.handle, open_handle(draft, options));
    TRY(find_or_make_tables(options, shared));
  }
  TRY(disk::sync_directory(draft));
  return power::guarded("engine:create", [&] { return disk::rename(draft, directory); });
}

class LmdbEnvironment final : public Environment {
 public:
  LmdbEnvironment(fs::path data_file, OpenFile file) : data_file_(std::move(data_file)), file_(std::move(file)) {
    shared_.when_closed = [this] { file_.reset(); };  // its number on the disk may be another file's from here on
  }

  // LMDB believes its pages: nothing of it touches the file before the check has passed.
  Result<void> start(const fs::path& directory, const EnvironmentOptions& options) {
    plan_ = {.tables = options.tables, .map_size = options.map_size};
    {
      TRY(const auto file, disk::open(data_file_, O_RDONLY));
      TRY(check_pages(file.number(), plan_));
    }
    TRY(shared_.handle, open_handle(directory, options));
    TRY(cover_file(shared_.handle.get()));
    TRY(find_or_make_tables(options, shared_));
    shared_.map = find_map(shared_.handle.get(), options);
    return success();
  }
  Result<std::unique_ptr<ReadTransaction>> read() override {
    TRY(auto use, use_of(shared_));
    if (shared_.damaged.load()) return damaged();
    auto transaction = shared_.idle.take();
    // One that cannot be taken up again is let go; a fresh one says why.
    if (transaction && mdb_txn_renew(transaction.get()) != MDB_SUCCESS) transaction.reset();
    if (!transaction) {
      TRY(transaction, begin(shared_.handle.get(), MDB_RDONLY));
    }
    return std::unique_ptr<ReadTransaction>(
        std::make_unique<LmdbReader>(std::move(use), shared_, std::move(transaction)));
  }
  Result<std::unique_ptr<WriteTransaction>> write() override {
    ENSURE(shared_.writer.load() != std::this_thread::get_id());
    TRY(auto use, use_of(shared_));
    Turn turn(shared_.turns);
    if (shared_.failed.load()) return Error{ErrorCode::StorageFailed, "write after a failed commit"};
    if (shared_.damaged.load()) return damaged();
    TRY(auto transaction, begin(shared_.handle.get(), 0));
    return std::unique_ptr<WriteTransaction>(
        std::make_unique<LmdbWriter>(std::move(use), std::move(turn), shared_, std::move(transaction)));
  }
  Result<std::uint64_t> size_on_disk() const override {
    struct stat status {};
    if (::stat(data_file_.c_str(), &status) != 0) return Error{disk::code_of(errno), "measure an environment", errno};
    return static_cast<std::uint64_t>(status.st_blocks) * 512;  // st_blocks is in units of 512 B on Linux
  }
  Result<void> copy_to(const fs::path& file) override {
    TRY(const auto use, use_of(shared_));
    if (shared_.damaged.load()) return damaged();
    return power::guarded("engine:copy", [&] { return copy_environment(shared_.handle.get(), file); });
  }
  Result<void> check(const PageVisitor& visit) override {
    TRY(const auto use, use_of(shared_));
    int number = -1;
    const int code = mdb_env_get_fd(shared_.handle.get(), &number);
    if (code != MDB_SUCCESS) return engine_error(code, "read the facts of an environment");
    bool seen = false;  // an environment that serves is given up only for what is found twice
    for (int attempt = 0; attempt < kCheckAttempts; ++attempt) {
      TRY(const auto snapshot,
          begin(shared_.handle.get(), MDB_RDONLY));  // what it sees is not written over while it lives
      auto plan = plan_;
      plan.transaction = mdb_txn_id(snapshot.get());
      plan.visit = visit;
      auto checked = check_pages(number, plan);
      if (!checked && checked.error().code() == ErrorCode::Conflict)
        continue;  // two commits before the meta page was read
      if (!checked && !std::exchange(seen, true)) continue;
      if (!checked) shared_.damaged.store(true);
      return checked;
    }
    return Error{ErrorCode::Unavailable, "check an environment: commits follow too fast"};
  }
  void retire() noexcept override { shared_.retire(); }

 private:
  static constexpr int kCheckAttempts = 16;
  static Error damaged() noexcept {
    return Error{ErrorCode::Integrity, "use an environment that a check has found damaged"};
  }
  fs::path data_file_;
  PageCheck plan_;
  std::optional<OpenFile> file_;  // left after the handle below is closed
  Shared shared_;
};

}  // namespace

Result<std::unique_ptr<Environment>> Environment::open(const fs::path& directory, const EnvironmentOptions& options,
                                                       bool create) {
  ENSURE(!options.tables.empty() && options.map_size > 0);
  const fs::path data_file = directory / kDataFile;
  struct stat status {};
  if (::stat(data_file.c_str(), &status) != 0) {
    if (errno != ENOENT) return Error{disk::code_of(errno), "open an environment", errno};
    if (!create) return Error{ErrorCode::NotFound, "open an environment"};
    TRY(create_environment(directory, options));
  }
  TRY(auto file, OpenFile::enter(data_file));
  auto environment = std::make_unique<LmdbEnvironment>(data_file, std::move(file));
  TRY(environment->start(directory, options));
  return std::unique_ptr<Environment>(std::move(environment));
}

// LMDB takes 2 MiB and 1 MiB for every environment. Above the threshold they come from mmap and cost nothing until
// touched; a fixed threshold keeps glibc from raising it at the first free.
void prepare_allocator() {
  constexpr int kThreshold = 512 * 1024;
  (void)::mallopt(M_MMAP_THRESHOLD, kThreshold);  // refuses only where glibc's allocator is replaced, as by a sanitizer
  (void)::mallopt(M_TRIM_THRESHOLD, 2 * kThreshold);
}

}  // namespace shosoin::engine
