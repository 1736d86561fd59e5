// What the machine gives at most: LMDB get of a 2 KiB row, ChaCha20-Poly1305 open, append to a preallocated journal
// with one flusher, answer when the append is durable. No session, no log key, no chain, no JSON; written as plainly as
// possible, and checked as little as possible. bench_ceiling DIRECTORY RECORDS ENTRY_BYTES; then a line
//   read CALLERS SECONDS
//   flush SECONDS: one caller, one write and one sync at a time, nothing else
//   warm: the rows into the kernel's cache
#include <fcntl.h>
#include <lmdb.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

#include "firmware/base/bell.h"
#include "tests/bench/measure.h"

namespace {

using shosoin::bench::SteadyClock;

constexpr std::size_t kTag = 16, kPlain = 1997, kRow = kPlain + kTag;
constexpr std::size_t kSegment = 16u << 20;
constexpr std::size_t kMap = 16ull << 30;
const unsigned char kKey[32] = {1}, kNonce[12] = {};

void need(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

// OpenSSL's cipher, as in the product: of the two at hand the faster one.
class Cipher {
 public:
  static Cipher& of_this_thread() {
    static thread_local Cipher cipher;
    return cipher;
  }
  void seal(const unsigned char* key16, const unsigned char* plain, unsigned char* row) {
    int size = 0;
    need(EVP_EncryptInit_ex2(context_, nullptr, kKey, kNonce, nullptr) == 1 &&
             EVP_EncryptUpdate(context_, nullptr, &size, key16, 16) == 1 &&
             EVP_EncryptUpdate(context_, row, &size, plain, kPlain) == 1 &&
             EVP_EncryptFinal_ex(context_, row, &size) == 1 &&
             EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kTag, row + kPlain) == 1,
         "seal");
  }
  bool open(const unsigned char* key16, const unsigned char* row, unsigned char* plain) {
    int size = 0;
    return EVP_DecryptInit_ex2(context_, nullptr, kKey, kNonce, nullptr) == 1 &&
           EVP_DecryptUpdate(context_, nullptr, &size, key16, 16) == 1 &&
           EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, kTag, const_cast<unsigned char*>(row + kPlain)) == 1 &&
           EVP_DecryptUpdate(context_, plain, &size, row, kPlain) == 1 &&
           EVP_DecryptFinal_ex(context_, plain, &size) == 1;
  }

 private:
  Cipher() : context_(EVP_CIPHER_CTX_new()) {
    need(EVP_CipherInit_ex2(context_, EVP_chacha20_poly1305(), kKey, kNonce, 1, nullptr) == 1, "cipher");
  }
  EVP_CIPHER_CTX* context_;
};

class Rows {
 public:
  Rows(const std::string& directory, std::size_t count) : count_(count) {
    need(mdb_env_create(&environment_) == 0, "environment");
    mdb_env_set_mapsize(environment_, kMap);
    mdb_env_set_maxreaders(environment_, 1024);
    need(mdb_env_open(environment_, directory.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600) == 0, "open");
    unsigned char plain[kPlain] = {}, row[kRow];
    for (std::size_t at = 0; at < count;) {
      MDB_txn* transaction = nullptr;
      need(mdb_txn_begin(environment_, nullptr, 0, &transaction) == 0, "write");
      need(mdb_dbi_open(transaction, nullptr, 0, &table_) == 0, "table");
      for (const std::size_t end = std::min(count, at + 10'000); at < end; ++at) {
        unsigned char key[16];
        key_of(at, key);
        std::memcpy(plain, key, sizeof key);
        Cipher::of_this_thread().seal(key, plain, row);
        MDB_val name{sizeof key, key}, value{sizeof row, row};
        need(mdb_put(transaction, table_, &name, &value, MDB_APPEND) == 0, "put");
      }
      need(mdb_txn_commit(transaction) == 0, "commit");
    }
  }
  void read(std::size_t number) const {
    unsigned char key[16], plain[kPlain];
    key_of(number % count_, key);
    MDB_txn* transaction = nullptr;
    MDB_val name{sizeof key, key}, value{};
    need(mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction) == 0, "read");
    need(mdb_get(transaction, table_, &name, &value) == 0 && value.mv_size == kRow, "get");
    need(Cipher::of_this_thread().open(key, static_cast<const unsigned char*>(value.mv_data), plain) &&
             std::memcmp(plain, key, sizeof key) == 0,
         "open");
    mdb_txn_abort(transaction);
  }

 private:
  static void key_of(std::size_t number, unsigned char* key) {
    for (int i = 0; i < 16; ++i) key[i] = static_cast<unsigned char>(i < 8 ? number >> (56 - 8 * i) : 0);
  }
  std::size_t count_;
  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
};

int preallocated(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  need(file >= 0, "log");
  const std::string zeros(kSegment, '\0');
  need(::pwrite(file, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()), "preallocate");
  need(::fsync(file) == 0, "sync");
  return file;
}

void write_and_sync(int file, const std::string& bytes, std::size_t at) {
  need(::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(bytes.size()),
       "write");
  need(::fdatasync(file) == 0, "sync");
}

// Callers copy their entry into the gathering buffer and wait; the flusher swaps buffers, writes and syncs.
class Log {
 public:
  explicit Log(const std::string& path) : file_(preallocated(path)) {
    flusher_ = std::thread([this] { flush(); });
  }
  ~Log() {
    {
      std::scoped_lock lock(mutex_);
      over_ = true;
    }
    work_.notify_one();
    flusher_.join();
    ::close(file_);
  }
  void append(const std::string& entry) {
    std::unique_lock lock(mutex_);
    gathering_ += entry;
    const auto mine = gathered_;
    const bool wake = std::exchange(idle_, false);
    lock.unlock();
    if (wake) work_.notify_one();
    auto& bell = bells_[mine % bells_.size()];
    for (auto heard = bell.heard(); durable_.load() < mine; heard = bell.heard()) bell.wait(heard);
  }

 private:
  void flush() {
    std::string writing;
    std::unique_lock lock(mutex_);
    for (;;) {
      idle_ = gathering_.empty();
      work_.wait(lock, [&] { return over_ || !gathering_.empty(); });
      if (gathering_.empty()) return;
      writing.clear();
      writing.swap(gathering_);
      const auto number = gathered_++;
      lock.unlock();
      if (at_ + writing.size() > kSegment) at_ = 0;
      write_and_sync(file_, writing, at_);
      at_ += writing.size();
      durable_.store(number);
      bells_[number % bells_.size()].ring();
      lock.lock();
    }
  }
  int file_;
  std::size_t at_ = 0;
  std::mutex mutex_;
  std::condition_variable work_;
  std::string gathering_;
  std::uint64_t gathered_ = 1;
  bool idle_ = false, over_ = false;
  std::atomic<std::uint64_t> durable_{0};
  std::array<shosoin::Bell, 8> bells_{};
  std::thread flusher_;
};

std::string flush_alone(const std::string& path, const std::string& entry, double seconds) {
  const int file = preallocated(path);
  std::vector<float> microseconds;
  const auto before = shosoin::bench::used_so_far();
  const auto began = SteadyClock::now();
  for (std::size_t at = 0; shosoin::bench::seconds_since(began) < seconds; at = (at + entry.size()) % (kSegment / 2)) {
    const auto start = SteadyClock::now();
    write_and_sync(file, entry, at);
    microseconds.push_back(static_cast<float>(shosoin::bench::seconds_since(start) * 1e6));
  }
  const double took = shosoin::bench::seconds_since(began);
  const auto used = shosoin::bench::used_so_far() - before;
  ::close(file);
  return shosoin::bench::as_json(microseconds, took, used);
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const std::string directory = words[1], entry(std::stoul(words[3]), 'e');
  Rows rows(directory, std::stoul(words[2]));
  Log log(directory + "/log");
  std::cout << R"({"ready":true})" << std::endl;
  std::string verb;
  for (std::size_t callers = 0; std::cin >> verb && (verb == "read" || verb == "flush" || verb == "warm");) {
    double seconds = 0;
    if (verb == "warm") {
      need(shosoin::bench::read_through(directory + "/data.mdb"), "warm");
      std::cout << "{}" << std::endl;
      continue;
    }
    if (verb == "flush") {
      std::cin >> seconds;
      std::cout << flush_alone(directory + "/flushed", entry, seconds) << std::endl;
      continue;
    }
    std::cin >> callers >> seconds;
    std::cout << shosoin::bench::many_callers(callers, seconds, [&](std::size_t) {
      return [&](std::uint64_t random) {
        rows.read(random);
        log.append(entry);
      };
    }) << std::endl;
  }
  return 0;
}
