// How long a client may take for each part of its conversation. A value; the product uses the defaults, tests shorten
// them.
#pragma once

#include "firmware/base/limits.h"

namespace shosoin::gate {

struct Deadlines {
  std::chrono::milliseconds handshake = limits::kTlsHandshake;
  std::chrono::milliseconds head = limits::kHttpHeadWait;         // from its first byte to its end
  std::chrono::milliseconds idle = limits::kHttpIdleWait;         // until the first byte
  std::chrono::milliseconds body_piece = limits::kHttpBodyPiece;  // for each limits::kImportChunk
  std::chrono::milliseconds body_whole = limits::kHttpBodyWhole;
  std::chrono::milliseconds write = limits::kHttpWriteWait;  // a whole answer, until the kernel has it
  std::chrono::milliseconds linger = limits::kHttpLinger;
};

}  // namespace shosoin::gate
