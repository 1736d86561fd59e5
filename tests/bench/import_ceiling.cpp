// What the machine gives a bulk load at most: each row and each block encrypted with ChaCha20-Poly1305, appended in key
// order to LMDB tables, one transaction, one sync. No CSV, no check, no search key, no sorting, no log; written as
// plainly as possible. bench_import_ceiling DIRECTORY; then a line
//   load ROWS BLOCKS      rows of 2,014 B and blocks of 4,080 B as stored
#include <lmdb.h>
#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "tests/bench/measure.h"

namespace {

constexpr std::size_t kTag = 16, kRowPlain = 1997, kRow = kRowPlain + 17, kBlockPlain = 3999, kBlock = kBlockPlain + 81;
constexpr std::size_t kMap = 32ull << 30;
constexpr std::size_t kPagesAtOnce = 100'000;  // LMDB takes 131,072 pages in one transaction

void need(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

class Load {
 public:
  explicit Load(const std::string& directory) {
    std::filesystem::create_directories(directory);
    need(mdb_env_create(&environment_) == 0 && mdb_env_set_mapsize(environment_, kMap) == 0 &&
             mdb_env_set_maxdbs(environment_, 2) == 0,
         "environment");
    // Without a sync at each transaction: there is one, at the end.
    need(mdb_env_open(environment_, directory.c_str(), MDB_NOSYNC | MDB_NORDAHEAD, 0600) == 0, "open");
    begin();
    need(mdb_dbi_open(transaction_, "rows", MDB_CREATE, &rows_) == 0 &&
             mdb_dbi_open(transaction_, "blocks", MDB_CREATE, &blocks_) == 0,
         "tables");
  }
  ~Load() {
    EVP_CIPHER_CTX_free(context_);
    mdb_env_close(environment_);
  }
  void run(std::size_t rows, std::size_t blocks) {
    for (std::size_t i = 0; i < rows; ++i) put(rows_, i, kRowPlain, kRow, i % 2 == 0);
    for (std::size_t i = 0; i < blocks; ++i) put(blocks_, i, kBlockPlain, kBlock, true);
    need(mdb_txn_commit(transaction_) == 0 && mdb_env_sync(environment_, 1) == 0, "sync");
  }

 private:
  void begin() { need(mdb_txn_begin(environment_, nullptr, 0, &transaction_) == 0, "write"); }
  void put(MDB_dbi table, std::size_t number, std::size_t plain, std::size_t stored, bool page) {
    std::array<unsigned char, 24> key{};
    for (std::size_t i = 0; i < 8; ++i) key[8 + i] = static_cast<unsigned char>(number >> (56 - 8 * i));
    std::memcpy(plain_.data(), key.data(), key.size());
    unsigned char nonce[12] = {};
    std::memcpy(nonce, key.data() + 8, 8);
    int size = 0;
    need(EVP_EncryptInit_ex2(context_, nullptr, key_.data(), nonce, nullptr) == 1 &&
             EVP_EncryptUpdate(context_, nullptr, &size, key.data(), static_cast<int>(key.size())) == 1 &&
             EVP_EncryptUpdate(context_, stored_.data(), &size, plain_.data(), static_cast<int>(plain)) == 1 &&
             EVP_EncryptFinal_ex(context_, stored_.data(), &size) == 1 &&
             EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kTag, stored_.data() + plain) == 1,
         "encrypt");
    MDB_val name{key.size(), key.data()}, value{stored, stored_.data()};
    need(mdb_put(transaction_, table, &name, &value, MDB_APPEND) == 0, "append");
    if (page && ++pages_ % kPagesAtOnce == 0) {
      need(mdb_txn_commit(transaction_) == 0, "commit");
      begin();
    }
  }
  EVP_CIPHER_CTX* context_ = [] {
    auto* context = EVP_CIPHER_CTX_new();
    const unsigned char zero[32] = {};
    need(EVP_CipherInit_ex2(context, EVP_chacha20_poly1305(), zero, zero, 1, nullptr) == 1, "cipher");
    return context;
  }();
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi rows_ = 0, blocks_ = 0;
  std::array<unsigned char, 32> key_{1};
  std::array<unsigned char, kBlock> plain_{}, stored_{};
  std::size_t pages_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  std::cout << R"({"ready":true})" << std::endl;
  const std::filesystem::path home = words[1];
  for (std::string verb; std::cin >> verb && verb == "load";) {
    std::size_t rows = 0, blocks = 0;
    if (!(std::cin >> rows >> blocks)) return 2;
    const double processor = shosoin::bench::processor_seconds();
    const auto began = shosoin::bench::SteadyClock::now();
    {
      Load load(home / "load");
      load.run(rows, blocks);
      std::cout << R"({"seconds":)" << shosoin::bench::seconds_since(began) << R"(,"processorSeconds":)"
                << shosoin::bench::processor_seconds() - processor << "}" << std::endl;
    }
    std::filesystem::remove_all(home / "load");
  }
  return 0;
}
