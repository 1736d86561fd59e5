// Seeded damage to a rig's installation at rest: one flipped bit in a chosen kind of place, or an older page or file in
// the place of the present one. The rig stands at "now" and has an older state of the same epoch at "older". One
// thread.
#pragma once

#include <random>

#include "tests/fault/epoch_rig.h"

namespace shosoin::test {

class Damage {
 public:
  Damage(EpochRig& rig, std::uint64_t seed);
  struct Done {
    std::string kind, place;
  };
  Done flip(int turn);  // every second one in a meta, branch or leaf page or a journal frame
  Done put_back_older();

 private:
  struct Spot {  // bytes of a file; a page has a number
    std::filesystem::path file;
    std::uint64_t offset = 0, size = 0;
    std::uint64_t page = 0;
  };
  Done flip_in(const std::string& kind, const Spot& spot);
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  EpochRig& rig_;
  std::mt19937_64 random_;
  std::map<std::string, std::vector<Spot>> spots_;
  std::vector<std::string> structural_, others_;
};

}  // namespace shosoin::test
