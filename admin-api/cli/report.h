// A reply as lines for a person: "label: value", nested values indented, arrays numbered. Labels in Japanese come from
// the field names of the interface (glossary); a name without a label is shown as it is. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace shosoin::cli {

std::string readable(const boost::json::value& value, bool japanese);
// What a refusal's words point to stands in them: "(holdId)" becomes "(holdId: 00..)", where the refusal has it.
std::string with_values(std::string detail, const boost::json::object& body);
std::string_view label_of(std::string_view field, bool japanese);

}  // namespace shosoin::cli
