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

// Whether 宛名番号 stands in front of the items of a table: never, perhaps, always.
enum class AddresseeColumn : std::uint8_t { None, Optional, Required };
AddresseeColumn addressee_column(const Definition& definition, std::size_t group) noexcept;
std::string_view to_text(AddresseeColumn column) noexcept;

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
