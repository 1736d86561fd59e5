// The memory of a running process, as root sees it: every page that is there, guarded and locked ones too, but not the
// disks that it has mapped (those are copied and searched as files). The process goes on meanwhile. One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>

#include "tests/fault/needles.h"

namespace shosoin::test {

struct ProcessImage {
  std::set<Needles::Mark> found;
  std::size_t bytes = 0, mappings = 0, unreadable = 0;  // unreadable: pages that are there and were refused
};
ProcessImage search_process(pid_t process, const Needles& needles);

}  // namespace shosoin::test
