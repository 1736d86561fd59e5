// admin-api/openapi.yaml as it was when the gate was built (CMakeLists.txt makes the .cpp).
#pragma once

#include <string_view>

namespace shosoin::gate {

std::string_view openapi_text();

}  // namespace shosoin::gate
