// The attack of promise 5, as a drill: with a copy of the disks from before an erasure, the live TPM in its approved
// boot state and every secret the service holds now, open whatever opens. Reads the TPM, changes nothing. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hardware/tpm/anchor.h"
#include "storage/engine/engine.h"
#include "storage/erasure/epoch_state.h"

namespace shosoin::erasure {

// One thing that was tried on one state of the image, and what came of it.
enum class Attempt : std::uint8_t {
  UnsealHalf,  // S(e) from its sealed object, with the service's authorisation value and both claims about the chain
  ReadSlot,    // K(e) from its slot, compared with what the state's manifest says about it
  OpenTable,   // the tenant table under a root made of whatever the two steps gave
  OpenTenant,  // a tenant's generation under its key
};
struct AttemptResult {
  std::uint64_t epoch = 0;
  Attempt attempt{};
  bool opened = false;
  std::int64_t outside = 0;  // the TPM's return code, where it refused
};
struct Loot {
  std::vector<Bytes> plaintexts;  // of blocks, directories, headers, delta rows
  std::vector<AttemptResult> attempts;
  int generations = 0;
  bool holds(ByteView wanted) const;  // in any plaintext
  ~Loot();                            // wipes them
  Loot() = default;
  Loot(Loot&&) = default;
  Loot& operator=(Loot&&) = default;
};
struct Image {
  std::filesystem::path data, state_copy;
};
// The image's environments are opened, so it must be a copy that nobody else has open.
Result<Loot> attack(const Image& image, tpm::Anchor& anchor);

}  // namespace shosoin::erasure
