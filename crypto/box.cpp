#include "crypto/box.h"

#include <algorithm>

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace shosoin::crypto {
namespace {

constexpr std::uint8_t kAlgorithm = 1;  // frozen: HKDF-SHA-256 with commitment, ChaCha20-Poly1305
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kCommitSize = 32;
constexpr std::size_t kHeadSize = 1 + kSaltSize + kCommitSize;
static_assert(kHeadSize + kAeadTag == kBoxOverhead);

}  // namespace

std::array<std::uint8_t, 52> associated_data(const BoxContext& context) {
  std::array<std::uint8_t, 52> out{};
  auto at = out.begin();
  const auto put = [&](ByteView bytes) { at = std::copy(bytes.begin(), bytes.end(), at); };
  put(be(static_cast<std::uint16_t>(context.kind)));
  put(be(kBoxFormat));
  put(context.tenant.view());
  put(context.id);
  put(be(context.epoch));
  put(be(context.seq));
  ENSURE(at == out.end());
  return out;
}

PreparedBox::PreparedBox(ByteView key32, BoxKind kind) : kind_(kind) {
  fill_random(salt_);
  derive(key32);
}
PreparedBox::PreparedBox(ByteView key32, BoxKind kind, ByteView salt32) : kind_(kind) {
  ENSURE(salt32.size() == kSaltSize);
  std::ranges::copy(salt32, salt_.begin());
  derive(key32);
}
PreparedBox::PreparedBox(PreparedBox&& other) noexcept
    : kind_(other.kind_), salt_(other.salt_), derived_(other.derived_) {
  memory::wipe(other.derived_);
}
PreparedBox::~PreparedBox() { memory::wipe(derived_); }

void PreparedBox::derive(ByteView key32) {
  ENSURE(key32.size() == 32);
  constexpr std::string_view kInfo = "shosoin/1/";
  std::array<std::uint8_t, kInfo.size() + 2> info{};
  std::ranges::copy(be(static_cast<std::uint16_t>(kind_)), std::ranges::copy(view_of(kInfo), info.begin()).out);
  hkdf_sha256(key32, salt_, info, derived_);
}

Bytes PreparedBox::seal(const BoxContext& context, ByteView plain, Bytes room) && {
  ENSURE(context.kind == kind_);
  const auto aad = associated_data(context);
  Bytes box = std::move(room);
  box.resize(kBoxOverhead + plain.size());
  box[0] = kAlgorithm;
  const auto after_salt = std::copy(salt_.begin(), salt_.end(), box.begin() + 1);
  const ByteView committed = commit();
  std::copy(committed.begin(), committed.end(), after_salt);
  aead_seal({one_time_key()}, aad, plain, std::span(box).subspan(kHeadSize));
  return box;
}

Bytes seal_box(ByteView key32, const BoxContext& context, ByteView plain, Bytes room) {
  return PreparedBox(key32, context.kind).seal(context, plain, std::move(room));
}

Bytes seal_box_with_salt(ByteView key32, const BoxContext& context, ByteView plain, ByteView salt32) {
  return PreparedBox(key32, context.kind, salt32).seal(context, plain);
}

Result<Bytes> open_box(ByteView key32, const BoxContext& context, ByteView box) {
  if (box.size() < kBoxOverhead) return Error{ErrorCode::Integrity, "read the length of a box"};
  if (box[0] != kAlgorithm) return Error{ErrorCode::Integrity, "read the algorithm of a box"};
  const PreparedBox derived(key32, context.kind, box.subspan(1, kSaltSize));
  // The commitment first: AEAD alone would let one ciphertext open under two keys.
  if (!memory::constant_time_equal(box.subspan(1 + kSaltSize, kCommitSize), derived.commit())) {
    return Error{ErrorCode::Integrity, "check the key commitment of a box"};
  }
  const auto aad = associated_data(context);
  const ByteView sealed = box.subspan(kHeadSize);
  Bytes plain(sealed.size() - kAeadTag);
  if (!aead_open({derived.one_time_key()}, aad, sealed, plain)) return Error{ErrorCode::Integrity, "open a box"};
  return plain;
}

}  // namespace shosoin::crypto
