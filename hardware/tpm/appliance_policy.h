// The policies of this appliance's objects (DESIGN section 4; format page: hardware/tpm/objects.md). Pure; any thread.
//   write  CTR, CHAIN:            boot approval, authValue
//   slot   K0, K1 (read, write):  (boot approval | custodians), authValue
//   root   S(e):  (boot approval, CHAIN==X(e), CTR<=bound | boot approval, CHAIN==X(e-1), CTR<=bound | custodians),
//   authValue tenant seal:                  boot approval, authValue
#pragma once

#include "hardware/tpm/anchor.h"

namespace shosoin::tpm {

inline constexpr std::string_view kBreakGlassReference = "shosoin/1/break-glass";

struct PolicyNames {
  Bytes boot_signer, custodians;  // Names of the two external P-256 keys
  Bytes chain, counter;           // Names of the written indices; empty where no S(e) is involved
};
Digest write_policy(const PolicyNames& names);
std::vector<Digest> slot_branches(const PolicyNames& names);  // boot, custodians
Digest slot_policy(const PolicyNames& names);
std::vector<Digest> root_branches(const PolicyNames& names, const RootTerms& terms);  // current, previous, custodians
Digest root_policy(const PolicyNames& names, const RootTerms& terms);
Digest tenant_policy(const PolicyNames& names);

}  // namespace shosoin::tpm
