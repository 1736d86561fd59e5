// File descriptors as a bound of the gate: the limit is raised at the start to what the connections need, and one
// descriptor is kept in reserve. Start-up and the accepting thread.
#pragma once

#include "firmware/base/result.h"

namespace shosoin::gate {

// Raises RLIMIT_NOFILE for so many connections; answers how many fit under the hard limit. Settings: not even
// limits::kConnectionsLeast do.
Result<std::size_t> make_room_for(std::size_t connections);

// When no descriptor is left, the next connection can neither be served nor refused, and the loop would spin on it.
class ReserveDescriptor {
 public:
  ReserveDescriptor();
  ~ReserveDescriptor();
  ReserveDescriptor(const ReserveDescriptor&) = delete;
  ReserveDescriptor& operator=(const ReserveDescriptor&) = delete;
  void turn_one_away(int listener);

 private:
  int kept_;
};

}  // namespace shosoin::gate
