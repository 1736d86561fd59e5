// SQLCipher's audited read: one database file, one transaction with the log's line and the record, durable at its
// commit (WAL, synchronous FULL). bench_sqlcipher FILE RECORDS ENTRY_BYTES; then lines  read CALLERS SECONDS
#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include <cstdlib>
#include <iostream>
#include <memory>

#include "tests/bench/measure.h"

namespace {

using shosoin::bench::SteadyClock;
constexpr int kRecord = 1997;

void need(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

class Connection {
 public:
  explicit Connection(const std::string& file) {
    need(sqlite3_open(file.c_str(), &database_) == SQLITE_OK, "open");
    need(sqlite3_key(database_, "x'000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f'", 67) == SQLITE_OK,
         "key");
    sqlite3_busy_timeout(database_, 60'000);  // before the first statement that may have to wait for others
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
  }
  ~Connection() {
    for (auto* statement : {log_, read_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void run(const char* text) { need(sqlite3_exec(database_, text, nullptr, nullptr, nullptr) == SQLITE_OK, text); }
  void fill(std::size_t records) {
    run("CREATE TABLE records(id INTEGER PRIMARY KEY, data BLOB); CREATE TABLE log(line INTEGER PRIMARY KEY, entry "
        "BLOB)");
    run("BEGIN");
    sqlite3_stmt* insert = prepare("INSERT INTO records VALUES(?1, randomblob(?2))");
    for (std::size_t i = 0; i < records; ++i) {
      sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i));
      sqlite3_bind_int(insert, 2, kRecord);
      need(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK, "insert");
    }
    sqlite3_finalize(insert);
    run("COMMIT");
  }
  void audited_read(std::uint64_t id, const std::string& entry) {
    if (log_ == nullptr) log_ = prepare("INSERT INTO log(entry) VALUES(?1)");
    if (read_ == nullptr) read_ = prepare("SELECT data FROM records WHERE id = ?1");
    run("BEGIN IMMEDIATE");
    sqlite3_bind_blob(log_, 1, entry.data(), static_cast<int>(entry.size()), SQLITE_STATIC);
    need(sqlite3_step(log_) == SQLITE_DONE && sqlite3_reset(log_) == SQLITE_OK, "log");
    sqlite3_bind_int64(read_, 1, static_cast<sqlite3_int64>(id));
    need(sqlite3_step(read_) == SQLITE_ROW && sqlite3_column_bytes(read_, 0) == kRecord &&
             sqlite3_reset(read_) == SQLITE_OK,
         "read");
    run("COMMIT");
  }

 private:
  sqlite3_stmt* prepare(const char* text) {
    sqlite3_stmt* statement = nullptr;
    need(sqlite3_prepare_v2(database_, text, -1, &statement, nullptr) == SQLITE_OK, text);
    return statement;
  }
  sqlite3* database_ = nullptr;
  sqlite3_stmt *log_ = nullptr, *read_ = nullptr;
};

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const std::string file = words[1], entry(std::stoul(words[3]), 'e');
  const auto records = std::stoul(words[2]);
  Connection(file).fill(records);
  std::cout << R"({"ready":true})" << std::endl;
  std::string verb;
  for (std::size_t callers = 0; std::cin >> verb && verb == "read";) {
    double seconds = 0;
    std::cin >> callers >> seconds;
    std::cout << shosoin::bench::many_callers(callers, seconds, [&](std::size_t) {
      return [&, connection = std::make_unique<Connection>(file)](std::uint64_t random) {
        connection->audited_read(random % records, entry);
      };
    }) << std::endl;
  }
  return 0;
}
