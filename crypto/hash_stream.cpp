#include "crypto/hash_stream.h"

#include <openssl/evp.h>

#include "firmware/base/result.h"

namespace shosoin::crypto {

struct Sha256Stream::State {
  State() : context(EVP_MD_CTX_new()) { ENSURE(context != nullptr); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
  EVP_MD_CTX* context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  ENSURE(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(ByteView piece) {
  ENSURE(EVP_DigestUpdate(state_->context, piece.data(), piece.size()) == 1);
}
Digest Sha256Stream::finish() {
  Digest out{};
  ENSURE(EVP_DigestFinal_ex(state_->context, out.data(), nullptr) == 1);
  return out;
}

}  // namespace shosoin::crypto
