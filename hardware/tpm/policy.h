// Policy digests computed in software (TPM 2.0 Part 3, chapter 23), so that sealing needs no trial session and an
// auditor can recompute every policy from public facts. The tests hold each against TPM2_PolicyGetDigest. Pure; any
// thread.
#pragma once

#include <vector>

#include "firmware/base/bytes.h"

namespace shosoin::tpm {

enum class NvTest : std::uint16_t { Equal = 0x0000, UnsignedAtMost = 0x0009 };  // TPM_EO

class PolicyDigest {
 public:
  PolicyDigest& pcr(const std::vector<unsigned>& pcrs, const Digest& composite);
  PolicyDigest& nv(ByteView index_name, ByteView operand, NvTest test);
  PolicyDigest& authorize(ByteView key_name,
                          ByteView reference);                // forgets what came before: it stands for what was signed
  PolicyDigest& any_of(const std::vector<Digest>& branches);  // forgets what came before: the branches hold it
  PolicyDigest& auth_value();
  const Digest& value() const { return value_; }

 private:
  Digest value_{};
};

}  // namespace shosoin::tpm
