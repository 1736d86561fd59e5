// The table that an import fills, and what the sender has declared about its characters. Values; any thread.
#pragma once

#include "storage/files/characters.h"
#include "storage/files/definition.h"

namespace shosoin::service {

struct ImportTarget {
  const files::Definition& definition;
  std::size_t group = 0;
  files::CharacterProfile characters{};
  const files::Group& table() const { return definition.groups()[group]; }
};

}  // namespace shosoin::service
