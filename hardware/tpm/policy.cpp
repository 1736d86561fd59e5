#include "hardware/tpm/policy.h"

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/result.h"
#include "hardware/tpm/anchor.h"

namespace shosoin::tpm {
namespace {

// Command codes: TPM 2.0 Part 2, 6.5.2.
constexpr std::uint32_t kPolicyNv = 0x149;
constexpr std::uint32_t kPolicyAuthorize = 0x16A;
constexpr std::uint32_t kPolicyAuthValue = 0x16B;
constexpr std::uint32_t kPolicyOr = 0x171;
constexpr std::uint32_t kPolicyPcr = 0x17F;
constexpr std::uint16_t kAlgSha256 = 0x000B;

Bytes selection_of(const std::vector<unsigned>& pcrs) {
  std::array<std::uint8_t, 3> bits{};
  for (const unsigned pcr : pcrs) {
    ENSURE(pcr < 24);
    bits[pcr / 8] = static_cast<std::uint8_t>(bits[pcr / 8] | (1u << (pcr % 8)));
  }
  return Writer().u32(1).u16(kAlgSha256).u8(3).raw(bits).take();  // TPML_PCR_SELECTION
}

}  // namespace

PolicyDigest& PolicyDigest::pcr(const std::vector<unsigned>& pcrs, const Digest& composite) {
  const Bytes selection = selection_of(pcrs);
  value_ = crypto::sha256({value_, be(kPolicyPcr), selection, composite});
  return *this;
}
PolicyDigest& PolicyDigest::nv(ByteView index_name, ByteView operand, NvTest test) {
  const std::uint16_t offset = 0;
  const Digest arguments = crypto::sha256({operand, be(offset), be(static_cast<std::uint16_t>(test))});
  value_ = crypto::sha256({value_, be(kPolicyNv), arguments, index_name});
  return *this;
}
PolicyDigest& PolicyDigest::authorize(ByteView key_name, ByteView reference) {
  const Digest zero{};
  const Digest key = crypto::sha256({zero, be(kPolicyAuthorize), key_name});
  value_ = crypto::sha256({key, reference});
  return *this;
}
PolicyDigest& PolicyDigest::any_of(const std::vector<Digest>& branches) {
  Bytes all;
  for (const auto& branch : branches) append(all, branch);
  const Digest zero{};
  value_ = crypto::sha256({zero, be(kPolicyOr), all});
  return *this;
}
PolicyDigest& PolicyDigest::auth_value() {
  value_ = crypto::sha256({value_, be(kPolicyAuthValue)});
  return *this;
}

Digest boot_policy_digest(const std::vector<unsigned>& pcrs, const Digest& pcr_composite) {
  return PolicyDigest().pcr(pcrs, pcr_composite).value();
}

}  // namespace shosoin::tpm
