#include "crypto/shares.h"

extern "C" {
#include <libgfshare.h>  // a C header without linkage guards
}

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "crypto/hash.h"
#include "crypto/library_memory.h"
#include "crypto/totp.h"
#include "firmware/base/codec.h"
#include "firmware/base/ids.h"

namespace shosoin::crypto {
namespace {

constexpr std::string_view kPrefix = "shosoin-share-1:";
constexpr std::string_view kTextLabel = "shosoin-share-1";
constexpr std::string_view kSetLabel = "shosoin/1/custodian-set";
constexpr std::size_t kNonceSize = 8;
constexpr std::size_t kTextCheckSize = 4;

using Context = std::unique_ptr<gfshare_ctx, decltype(&gfshare_ctx_free)>;

// Splitting draws coefficients through the hook and freeing overwrites with it: without one the library calls NULL.
void set_random_hook() {
  gfshare_fill_rand = [](unsigned char* out, unsigned int size) { fill_random({out, size}); };
}

// nonce(8) || first 8 bytes of HMAC-SHA-256(secret, label || nonce): names the set and checks the joined secret.
std::array<std::uint8_t, 16> set_id_of(ByteView secret, ByteView nonce) {
  const Digest check = hmac_sha256(secret, {view_of(kSetLabel), nonce});
  std::array<std::uint8_t, 16> out{};
  std::copy_n(check.begin(), 8, std::ranges::copy(nonce, out.begin()).out);
  return out;
}

Digest text_check(ByteView body) { return sha256({view_of(kTextLabel), body}); }

bool fits_together(const std::vector<CustodianShare>& shares) {
  std::set<std::uint8_t> numbers;
  for (const auto& share : shares) {
    if (share.number == 0 || share.set_id != shares[0].set_id || !numbers.insert(share.number).second) return false;
  }
  return true;
}

}  // namespace

std::array<CustodianShare, kCustodians> split_custodian_secret(const CustodianSecret& secret) {
  set_random_hook();
  std::array<std::uint8_t, kNonceSize> nonce{};
  fill_random(nonce);
  std::array<unsigned char, kCustodians> numbers{1, 2, 3, 4, 5};
  std::array<CustodianShare, kCustodians> shares{};
  secret.expose([&](ByteView bytes) {
    const Context context(
        gfshare_ctx_init_enc(numbers.data(), kCustodians, kCustodianThreshold, CustodianSecret::kSize),
        &gfshare_ctx_free);
    if (context == nullptr) end_without_memory();
    gfshare_ctx_enc_setsecret(context.get(), const_cast<unsigned char*>(bytes.data()));  // only copied from
    for (std::size_t i = 0; i < shares.size(); ++i) {
      shares[i].set_id = set_id_of(bytes, nonce);
      shares[i].number = numbers[i];
      gfshare_ctx_enc_getshare(context.get(), static_cast<unsigned char>(i), shares[i].bytes.data());
    }
  });
  return shares;
}

Result<CustodianSecret> combine_custodian_shares(const std::vector<CustodianShare>& shares) {
  set_random_hook();
  if (shares.size() < kCustodianThreshold)
    return Error{ErrorCode::InvalidContent, "join fewer than three custodian shares"};
  if (shares.size() > kCustodians || !fits_together(shares)) {
    return Error{ErrorCode::InvalidContent, "join custodian shares of different sets or doubled ones"};
  }
  std::vector<unsigned char> numbers;
  for (const auto& share : shares) numbers.push_back(share.number);
  const Context context(
      gfshare_ctx_init_dec(numbers.data(), static_cast<unsigned>(numbers.size()), CustodianSecret::kSize),
      &gfshare_ctx_free);
  if (context == nullptr) end_without_memory();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    auto bytes = shares[i].bytes;
    gfshare_ctx_dec_giveshare(context.get(), static_cast<unsigned char>(i), bytes.data());
    memory::wipe(bytes);
  }
  auto secret = CustodianSecret::made_by(
      [&](std::span<std::uint8_t> out) { gfshare_ctx_dec_extract(context.get(), out.data()); });
  const auto& expected = shares[0].set_id;
  const auto found =
      secret.expose([&](ByteView bytes) { return set_id_of(bytes, ByteView(expected).first(kNonceSize)); });
  if (!memory::constant_time_equal(found, expected)) {
    return Error{ErrorCode::InvalidContent, "join custodian shares that do not fit their check"};
  }
  return secret;
}

std::string share_to_text(const CustodianShare& share) {
  Writer body;
  body.raw(share.set_id).u8(share.number).raw(share.bytes);
  const Digest check = text_check(body.bytes());
  body.raw(ByteView(check).first(kTextCheckSize));
  Bytes bytes = body.take();
  std::string out(kPrefix);
  out += base32(bytes);
  memory::wipe(bytes);
  return out;
}

Result<CustodianShare> share_from_text(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.remove_suffix(1);
  if (!text.starts_with(kPrefix)) return Error{ErrorCode::InvalidContent, "read the beginning of a custodian share"};
  auto bytes = from_base32(text.substr(kPrefix.size()));
  if (!bytes) return Error{ErrorCode::InvalidContent, "read the letters of a custodian share"};
  CustodianShare share{};
  Reader reader(*bytes);
  share.set_id = reader.fixed<16>();
  share.number = reader.u8();
  share.bytes = reader.fixed<32>();
  const auto check = reader.fixed<kTextCheckSize>();
  const bool whole = reader.finish("read a custodian share").has_value();
  const bool right = whole && share.number != 0 &&
                     equal(check, ByteView(text_check(ByteView(*bytes).first(49))).first(kTextCheckSize));
  memory::wipe(*bytes);
  if (!right) return Error{ErrorCode::InvalidContent, "check the letters of a custodian share"};
  return share;
}

}  // namespace shosoin::crypto
