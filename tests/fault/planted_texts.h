// What people type beside the data of a person, with marks that can be looked for: names, case references and search
// keys of holds, grounds of applications, Idempotency-Keys. Search keys leave with the release of their hold (promise
// 5); everything else stays as it was typed, inside boxes (threat model). One thread.
#pragma once

#include "tests/fault/forensic_lab.h"
#include "tests/fault/needles.h"

namespace shosoin::test {

class PlantedTexts {
 public:
  // Holds on what a search finds for two people of whom nobody has heard: one by name, one by number.
  void set_holds(Lab& lab, std::size_t tenant, const std::vector<Marker>& strangers);
  void release_holds(Lab& lab, std::size_t tenant);
  void put_into(Lab& lab, Fields& application);
  // Search keys of the holds, as they are kept: names in clear, numbers as tokens under these keys.
  std::size_t queries() const noexcept { return held_.size(); }
  Needles query_needles(const std::map<TenantId, Bytes>& number_keys) const;
  std::size_t typed() const noexcept { return typed_; }
  const Needles& typed_needles() const noexcept { return typed_needles_; }

 private:
  std::string make(Lab& lab);
  struct Held {
    std::size_t tenant;
    std::string hold, kana, number;
  };
  std::vector<Held> held_;
  std::size_t typed_ = 0;
  Needles typed_needles_;
};

}  // namespace shosoin::test
