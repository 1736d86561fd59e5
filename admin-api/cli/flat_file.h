// A small file of named texts, as TOML (name = "text") or JSON (an object), used for people and for profiles of a gate.
// Pure apart from nothing: the caller reads the file. Any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/result.h"

namespace shosoin::cli {

struct FlatFault {
  std::string place;  // "line 3" or a JSON pointer, with the name that is wrong; never a value
};
using FlatFile = std::map<std::string, std::string, std::less<>>;
// JSON when the first visible character is '{'. Only the names in `known`; arrays of texts are joined by commas,
// true/false become "1"/"0". BadRequest: malformed or an unknown name, told in `fault`.
Result<FlatFile> parse_flat(std::string_view text, const std::vector<std::string_view>& known, FlatFault& fault);

}  // namespace shosoin::cli
