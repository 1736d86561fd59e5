// SHA-256 (FIPS 180-4) of what comes in pieces, for texts too long to hold. One thread.
#pragma once

#include <memory>

#include "firmware/base/bytes.h"

namespace shosoin::crypto {

class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) = delete;
  ~Sha256Stream();
  void add(ByteView piece);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shosoin::crypto
