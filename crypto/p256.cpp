#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "crypto/library_memory.h"
#include "crypto/signature.h"

namespace shosoin::crypto {
namespace {

using Scalar = Secret<struct CustodianScalarMeaning, 32>;
using Point65 = std::array<std::uint8_t, 65>;  // SEC 1 section 2.3.3, uncompressed: 04 || x || y

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using HashContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;
using Group = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using CurvePoint = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Stream = std::unique_ptr<BIO, Deleter<BIO_free>>;

// A refused input leaves OpenSSL's error queue as it was found: TLS code on the same thread reads that queue.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_pop_to_mark(); }
};

Point65 encoded(const P256Point& point) {
  Point65 out{0x04};
  std::ranges::copy(point.y, std::ranges::copy(point.x, out.begin() + 1).out);
  return out;
}

Number secret_number(ByteView bytes) {
  Number number(given(BN_secure_new()));
  given(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), number.get()));
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

P256Point multiply_base(const BIGNUM* scalar) {
  const Group group(given(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)));
  const CurvePoint point(given(EC_POINT_new(group.get())));
  const Number x(given(BN_new()));
  const Number y(given(BN_new()));
  P256Point out;
  if (EC_POINT_mul(group.get(), point.get(), scalar, nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_get_affine_coordinates(group.get(), point.get(), x.get(), y.get(), nullptr) != 1) {
    end_without_memory();
  }
  ENSURE(BN_bn2binpad(x.get(), out.x.data(), 32) == 32 && BN_bn2binpad(y.get(), out.y.data(), 32) == 32);
  return out;
}

// null when the point is not on the curve
Key key_from(const P256Point& point, const BIGNUM* scalar_or_null) {
  const Builder builder(given(OSSL_PARAM_BLD_new()));
  const Point65 encoding = encoded(point);
  const bool pushed =
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoding.data(), encoding.size()) == 1 &&
      (scalar_or_null == nullptr ||
       OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar_or_null, 32) == 1);
  if (!pushed) end_without_memory();
  const Parameters parameters(given(OSSL_PARAM_BLD_to_param(builder.get())));
  const KeyContext context(given(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)));
  if (EVP_PKEY_fromdata_init(context.get()) != 1) end_without_memory();
  EVP_PKEY* key = nullptr;
  const int selection = scalar_or_null == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) return nullptr;
  return Key(key);
}

Result<EcdsaSignature> sign_with(EVP_PKEY* key, ByteView message) {
  const HashContext context(given(EVP_MD_CTX_new()));
  std::array<std::uint8_t, 80> der{};  // two INTEGERs of at most 33 bytes in one SEQUENCE: 72
  std::size_t size = der.size();
  if (EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1) {
    return Error{ErrorCode::Internal, "sign on P-256"};
  }
  const std::uint8_t* at = der.data();
  const Signature parsed(given(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size))));  // our own: malformed it is not
  EcdsaSignature out;
  ENSURE(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.r.data(), 32) == 32);
  ENSURE(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.s.data(), 32) == 32);
  return out;
}

// Never asks a terminal for the passphrase of an encrypted key: it is refused.
int no_passphrase(char*, int, int, void*) { return -1; }

Stream stream_over(std::string_view text) {
  ENSURE(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return Stream(given(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
}
bool is_on_p256(const EVP_PKEY* key) {
  std::array<char, 32> name{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::strcmp(name.data(), "prime256v1") == 0;
}
Result<Key> private_key_of(std::string_view pem) {
  const Stream stream = stream_over(pem);
  Key key(PEM_read_bio_PrivateKey(stream.get(), nullptr, &no_passphrase, nullptr));
  if (key == nullptr) return Error{ErrorCode::Settings, "read a private key (PEM)"};
  if (!is_on_p256(key.get())) return Error{ErrorCode::Settings, "use a private key that is not on P-256"};
  return key;
}

}  // namespace

P256Point p256_public(const Scalar& scalar) {
  return scalar.expose([](ByteView bytes) { return multiply_base(secret_number(bytes).get()); });
}

EcdsaSignature p256_sign(const Scalar& scalar, ByteView message) {
  const QuietErrors quiet;
  return scalar.expose([&](ByteView bytes) {
    const Number number = secret_number(bytes);
    const Key key = key_from(multiply_base(number.get()), number.get());
    if (key == nullptr) end_without_memory();  // the point is our own
    const auto signature = sign_with(key.get(), message);
    if (!signature) end_without_memory();
    return signature.value();
  });
}

bool p256_verify(const P256Point& point, ByteView message, const EcdsaSignature& signature) {
  const QuietErrors quiet;
  const Key key = key_from(point, nullptr);
  if (key == nullptr) return false;
  const Signature parsed(given(ECDSA_SIG_new()));
  Number r(given(BN_bin2bn(signature.r.data(), 32, nullptr))), s(given(BN_bin2bn(signature.s.data(), 32, nullptr)));
  ENSURE(ECDSA_SIG_set0(parsed.get(), r.release(), s.release()) == 1);  // which owns them from here on
  std::array<std::uint8_t, 80> der{};
  std::uint8_t* at = der.data();
  const int size = i2d_ECDSA_SIG(parsed.get(), &at);
  if (size <= 0) end_without_memory();
  ENSURE(static_cast<std::size_t>(size) <= der.size());
  const HashContext context(given(EVP_MD_CTX_new()));
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key.get(), nullptr) != 1) {
    end_without_memory();
  }
  return EVP_DigestVerify(context.get(), der.data(), static_cast<std::size_t>(size), message.data(), message.size()) ==
         1;
}

Result<EcdsaSignature> p256_sign_with_pem(std::string_view pem, ByteView message) {
  const QuietErrors quiet;
  TRY(const auto key, private_key_of(pem));
  return sign_with(key.get(), message);
}

Result<P256Point> p256_public_from_pem(std::string_view pem) {
  const QuietErrors quiet;
  const Stream stream = stream_over(pem);
  Key key(PEM_read_bio_PUBKEY(stream.get(), nullptr, &no_passphrase, nullptr));
  if (key == nullptr) {
    TRY(key, private_key_of(pem));
  }
  if (!is_on_p256(key.get())) return Error{ErrorCode::Settings, "use a public key that is not on P-256"};
  BIGNUM* x = nullptr;
  BIGNUM* y = nullptr;
  const bool found = EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                     EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1;
  const Number own_x(x);
  const Number own_y(y);
  P256Point out;
  if (!found || BN_bn2binpad(x, out.x.data(), 32) != 32 || BN_bn2binpad(y, out.y.data(), 32) != 32) {
    return Error{ErrorCode::Settings, "read the point of a public key"};
  }
  return out;
}

std::string p256_public_to_pem(const P256Point& point) {
  const QuietErrors quiet;
  const Key key = key_from(point, nullptr);
  ENSURE(key != nullptr);
  const Stream stream(given(BIO_new(BIO_s_mem())));
  if (PEM_write_bio_PUBKEY(stream.get(), key.get()) != 1) end_without_memory();
  char* text = nullptr;
  const long size = BIO_get_mem_data(stream.get(), &text);
  ENSURE(size > 0);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace shosoin::crypto
