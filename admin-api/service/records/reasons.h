// 処理事由: what a retrieval may be for (U-17). The codes belong to the declared purposes of a record file; until a
// tenant can declare its own this list holds for the files of the release. Constants.
#pragma once

#include <optional>
#include <string_view>

namespace shosoin::service {

struct AccessReasonRow {
  std::string_view number, code, ja;  // either name is accepted; the code is logged
};
const AccessReasonRow* find_reason(std::string_view name);

}  // namespace shosoin::service
