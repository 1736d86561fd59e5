// Holds the first row of a CSV file against one table of a definition: the item names as printed, in order, and at most
// one further column 宛名番号 in front of them. It must stand there where rows could not be linked to their person
// otherwise: in a file of several tables, or of several rows per person, unless the table carries the number itself.
// Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "storage/files/definition.h"
#include "storage/files/findings.h"

namespace shosoin::files {

inline constexpr std::string_view kAddresseeColumn = "宛名番号";

struct HeaderShape {
  bool addressee_column = false;
};
// The shape, or the one finding that explains best what is wrong with the header. A name that is not the definition's
// is never told back: where the header is missing it is somebody's data.
struct HeaderAnswer {
  std::optional<HeaderShape> shape;
  std::optional<Finding> finding;
};
HeaderAnswer check_header(const Definition& definition, std::size_t group, std::span<const std::string_view> fields);

}  // namespace shosoin::files
