// The attacker of promise 5 with copies from every moment: takes what each holds that none before it held, and in the
// end tries every key that any of them, the live TPM and the live service yield on everything. One thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <unordered_set>
#include <vector>

#include "hardware/tpm/anchor.h"
#include "storage/erasure/epoch_state.h"
#include "tests/fault/needles.h"

namespace shosoin::test {

class ImageHoard {
 public:
  struct Loot {
    struct Plain {
      TenantId tenant;
      Bytes bytes;
      bool header = false;  // of a generation: it holds the number key
    };
    std::vector<Plain> plaintexts;  // of blocks, directories, headers, delta rows
    std::vector<Bytes> keys;        // sealed halves, slots, roots and tenant keys that the TPM and the boxes gave out
    int halves = 0, tables = 0, generations = 0;
    std::set<Needles::Mark> found(const Needles& needles) const;
  };
  // A copy: data/ and state/ as the appliance has them. It may be removed afterwards.
  void take(const std::filesystem::path& data, const std::filesystem::path& state_copy);
  Loot attack(tpm::Anchor& anchor) const;
  std::set<Needles::Mark> found(const Needles& needles) const;  // in the bytes of the files themselves

  std::size_t copies() const noexcept { return copies_; }
  std::size_t boxes() const noexcept { return boxes_.size(); }
  std::size_t kept_bytes() const noexcept { return raw_bytes_; }
  std::size_t states() const noexcept { return states_.size(); }
  // Record rows as stored, for whoever has a key.
  const std::map<std::pair<TenantId, Bytes>, Bytes>& rows() const noexcept { return rows_; }

 private:
  void take_environment(const std::filesystem::path& directory, const TenantId& tenant);
  std::uint64_t take_file(const std::filesystem::path& file);  // a hash of what it holds
  bool is_new(const std::string& what, std::uint64_t hash);    // since the last copy
  void take_state_copies(const std::filesystem::path& directory);
  using Box = std::pair<Bytes, Bytes>;  // key and box as stored
  void open_all(const TenantId& tenant, const std::vector<TenantEpochKey>& keys, Loot& loot) const;

  std::size_t copies_ = 0, raw_bytes_ = 0;
  std::set<Bytes> states_;
  std::set<Box> tables_;
  std::set<std::pair<TenantId, Box>> boxes_;
  std::map<std::pair<TenantId, Bytes>, Bytes> rows_;
  std::unordered_set<std::uint64_t> seen_;  // hashes of pieces of files
  std::vector<Bytes> raw_;                  // pieces that were new
  std::map<std::string, std::uint64_t> last_;  // what was read of it already
};

}  // namespace shosoin::test
