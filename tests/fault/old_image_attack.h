// The attacker of promise 5: owns copies of the disk from every moment, the live TPM in its approved boot state, and every secret the
// service holds now. Opens whatever can be opened and hands out the plaintexts. One thread.
#pragma once

#include <filesystem>
#include <vector>

#include "hardware/tpm/anchor.h"
#include "storage/engine/engine.h"
#include "storage/erasure/epoch_state.h"

namespace shosoin::test {

struct Loot {
  std::vector<Bytes> plaintexts;      // of blocks, directories, headers, delta rows
  std::vector<Bytes> keys;            // epoch roots and tenant epoch keys that opened something
  int roots = 0, tables = 0, generations = 0;
  bool holds(ByteView wanted) const;  // in any plaintext
};
// disk: a copy as EpochRig::save_disk makes it ("live/data", "live/state").
Loot attack(const std::filesystem::path& disk, tpm::Anchor& anchor);
// Raw bytes of every file below a directory, without holes (which hold only zeros). Searched region by region: what is wanted must
// not be all zeros.
class DiskBytes {
 public:
  explicit DiskBytes(const std::filesystem::path& directory);
  bool hold(ByteView wanted) const;

 private:
  std::vector<Bytes> regions_;
};

}  // namespace shosoin::test
