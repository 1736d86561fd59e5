#include "crypto/roots.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <memory>

#include "crypto/hash.h"

namespace shosoin::crypto {
namespace {

constexpr std::string_view kRootSalt = "shosoin/1/root";
constexpr std::string_view kCustodianSalt = "shosoin/1/custodians";
constexpr std::size_t kScalarInput =
    48;  // 128 bits over the order: the bias of the reduction vanishes (FIPS 186-5 A.2.1)

using Number = std::unique_ptr<BIGNUM, decltype(&BN_clear_free)>;
Number new_number() {
  Number number(BN_secure_new(), &BN_clear_free);
  ENSURE(number != nullptr);
  return number;
}

// (input mod (n - 1)) + 1
void reduce_to_scalar(std::span<const std::uint8_t, kScalarInput> input, std::span<std::uint8_t, 32> out) {
  const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                                                  &EC_GROUP_free);
  const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> scratch(BN_CTX_secure_new(), &BN_CTX_free);
  ENSURE(group != nullptr && scratch != nullptr);
  const Number wide = new_number();
  const Number scalar = new_number();
  const Number order_less_one = new_number();
  ENSURE(BN_bin2bn(input.data(), static_cast<int>(input.size()), wide.get()) != nullptr);
  BN_set_flags(wide.get(), BN_FLG_CONSTTIME);
  ENSURE(BN_copy(order_less_one.get(), EC_GROUP_get0_order(group.get())) != nullptr);
  ENSURE(BN_sub_word(order_less_one.get(), 1) == 1);
  ENSURE(BN_nnmod(scalar.get(), wide.get(), order_less_one.get(), scratch.get()) == 1);
  ENSURE(BN_add_word(scalar.get(), 1) == 1);
  ENSURE(BN_bn2binpad(scalar.get(), out.data(), static_cast<int>(out.size())) == static_cast<int>(out.size()));
}

}  // namespace

EpochRoot derive_epoch_root(const RootHalfSealed& sealed_half, const RootHalfSlot& slot_half, std::uint64_t epoch) {
  using Both = Secret<struct BothHalvesMeaning, 64>;
  const Both both = sealed_half.expose([&](ByteView sealed) {
    return slot_half.expose([&](ByteView slot) {
      return Both::made_by(
          [&](std::span<std::uint8_t> out) { std::ranges::copy(slot, std::ranges::copy(sealed, out.begin()).out); });
    });
  });
  return both.expose([&](ByteView key_material) {
    return EpochRoot::made_by(
        [&](std::span<std::uint8_t> out) { hkdf_sha256(key_material, view_of(kRootSalt), be(epoch), out); });
  });
}

AuthValue derive_custodian_auth(const CustodianSecret& custodians, std::string_view purpose) {
  return custodians.expose([&](ByteView secret) {
    return AuthValue::made_by(
        [&](std::span<std::uint8_t> out) { hkdf_sha256(secret, view_of(kCustodianSalt), view_of(purpose), out); });
  });
}

Secret<struct CustodianScalarMeaning, 32> custodian_signing_scalar(const CustodianSecret& custodians) {
  std::array<std::uint8_t, kScalarInput> input{};
  custodians.expose([&](ByteView secret) { hkdf_sha256(secret, view_of(kCustodianSalt), view_of("signing"), input); });
  auto scalar = Secret<struct CustodianScalarMeaning, 32>::made_by(
      [&](std::span<std::uint8_t, 32> out) { reduce_to_scalar(input, out); });
  memory::wipe(input);
  return scalar;
}

}  // namespace shosoin::crypto
