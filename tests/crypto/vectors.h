// Reading of tests/vectors/*.json and hexadecimal literals for the tests of this floor.
#pragma once

#include <boost/json.hpp>
#include <concepts>
#include <fstream>
#include <sstream>
#include <string>

#include "firmware/base/bytes.h"
#include "firmware/base/ids.h"

namespace shosoin::crypto::testing {

inline Bytes hex(std::string_view text) {
  auto bytes = from_hex(text);
  ENSURE(bytes.has_value());
  return *bytes;
}
// Constrained: a literal would otherwise be turned into a JSON value as readily as into a view.
Bytes hex(const std::same_as<boost::json::value> auto& value) { return hex(std::string_view(value.as_string())); }

template <std::size_t N>
std::array<std::uint8_t, N> fixed_hex(std::string_view text) {
  const Bytes bytes = hex(text);
  ENSURE(bytes.size() == N);
  std::array<std::uint8_t, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = bytes[i];
  return out;
}
template <std::size_t N>
std::array<std::uint8_t, N> fixed_hex(const std::same_as<boost::json::value> auto& value) {
  return fixed_hex<N>(std::string_view(value.as_string()));
}

inline boost::json::value read_vectors(const std::string& name) {
  std::ifstream file(std::string(SHOSOIN_SOURCE_DIR) + "/tests/vectors/" + name);
  ENSURE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str());
}

}  // namespace shosoin::crypto::testing
