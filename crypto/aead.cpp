#include "crypto/aead.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "crypto/library_memory.h"
#include "firmware/base/result.h"
#include "firmware/memory/secret.h"

namespace shosoin::crypto {
namespace {

constexpr std::array<std::uint8_t, kAeadKey> kNoKey{};
constexpr std::array<std::uint8_t, 12> kZeroNonce{};

const EVP_CIPHER* algorithm() {
  static EVP_CIPHER* const fetched = given(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr));
  return fetched;
}

enum class Direction : int { Open = 0, Seal = 1 };

// Contexts at rest, none of a thread of its own: a thread's farewell has to be registered, and where there is no memory
// for that the C library ends the process.
std::array<std::atomic<EVP_CIPHER_CTX*>, 8> at_rest{};

class Cipher {
 public:
  Cipher() : context_(take()) {}
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  ~Cipher() {
    for (auto& place : at_rest) {
      EVP_CIPHER_CTX* nobody = nullptr;
      if (place.load(std::memory_order_relaxed) == nullptr && place.compare_exchange_strong(nobody, context_.get())) {
        (void)context_.release();
        return;
      }
    }
  }
  void begin(AeadKey key, Direction direction, ByteView associated) {
    ENSURE(EVP_CipherInit_ex2(context_.get(), nullptr, key.bytes.data(), kZeroNonce.data(), static_cast<int>(direction),
                              nullptr) == 1);
    int size = 0;
    ENSURE(EVP_CipherUpdate(context_.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())) ==
           1);
  }
  void run(ByteView in, std::uint8_t* out) {
    int size = 0;
    ENSURE(EVP_CipherUpdate(context_.get(), out, &size, in.data(), static_cast<int>(in.size())) == 1);
    ENSURE(static_cast<std::size_t>(size) == in.size());
  }
  bool finish() {
    std::uint8_t nothing[kAeadTag];
    int size = 0;
    return EVP_CipherFinal_ex(context_.get(), nothing, &size) == 1;
  }
  void control(int command, std::uint8_t* tag) {
    ENSURE(EVP_CIPHER_CTX_ctrl(context_.get(), command, static_cast<int>(kAeadTag), tag) == 1);
  }
  // The key schedule and the keystream of a key that is known to all take the place of the last one's.
  void forget() {
    ENSURE(EVP_CipherInit_ex2(context_.get(), nullptr, kNoKey.data(), nullptr, 1, nullptr) == 1);  // the nonce stays
    int size = 0;
    ENSURE(EVP_CipherUpdate(context_.get(), nullptr, &size, nullptr, 0) == 1);
  }

 private:
  using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
  static Context take() {
    for (auto& place : at_rest) {
      if (place.load(std::memory_order_relaxed) == nullptr) continue;
      if (auto* context = place.exchange(nullptr)) return {context, &EVP_CIPHER_CTX_free};
    }
    Context made(given(EVP_CIPHER_CTX_new()), &EVP_CIPHER_CTX_free);
    const bool begun = EVP_CipherInit_ex2(made.get(), algorithm(), kNoKey.data(), kZeroNonce.data(), 1, nullptr) == 1;
    if (!begun) end_without_memory();  // its state is all that could not be had
    return made;
  }
  Context context_;
};

}  // namespace

void aead_seal(AeadKey key, ByteView associated, ByteView plain, std::span<std::uint8_t> out) {
  ENSURE(out.size() == plain.size() + kAeadTag && plain.size() < (1u << 30));
  Cipher cipher;
  cipher.begin(key, Direction::Seal, associated);
  cipher.run(plain, out.data());
  ENSURE(cipher.finish());
  cipher.control(EVP_CTRL_AEAD_GET_TAG, out.data() + plain.size());
  cipher.forget();
}

bool aead_open(AeadKey key, ByteView associated, ByteView sealed, std::span<std::uint8_t> out) {
  ENSURE(sealed.size() >= kAeadTag && out.size() == sealed.size() - kAeadTag && out.size() < (1u << 30));
  Cipher cipher;
  cipher.begin(key, Direction::Open, associated);
  std::array<std::uint8_t, kAeadTag> tag{};
  std::copy_n(sealed.end() - static_cast<std::ptrdiff_t>(kAeadTag), kAeadTag, tag.begin());
  cipher.control(EVP_CTRL_AEAD_SET_TAG, tag.data());
  cipher.run(sealed.first(out.size()), out.data());
  const bool good = cipher.finish();
  cipher.forget();
  if (!good) memory::wipe(out);  // OpenSSL decrypts before it has seen the tag
  return good;
}

}  // namespace shosoin::crypto
