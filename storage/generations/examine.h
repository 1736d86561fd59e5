// The walk over everything a tenant has stored: what is examined, and what is done with what is found. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "firmware/base/error.h"

namespace shosoin::generations {

struct Examiner {
  // A place is public words and ids only: "rows/<row id>", "blocks/<gid>/<number>", "data.mdb, page 17". Never a value.
  std::function<void(const std::string& where, const Error&)> fault;
  std::function<void(std::uint64_t bytes)> pace;  // told what was read; may sleep
  std::function<bool()> go_on;                    // false ends the walk
  std::uint64_t pages = 0, blocks = 0, entries = 0, delta_rows = 0, records = 0, rows = 0, frames = 0;
};

}  // namespace shosoin::generations
