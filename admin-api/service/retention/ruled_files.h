// What retention rules, holds and erasures are about beside record files (L-15, X-20, decisions 0068, 0069): it has a
// key in the place of a record file's, no definition and no grant of its own. Any thread.
#pragma once

#include <string_view>

namespace shosoin::service {

inline constexpr std::string_view kAccessLog = "access-log";                // the tenant's log, by months
inline constexpr std::string_view kWorkingDocuments = "working-documents";  // documents.h

bool has_no_definition(std::string_view file) noexcept;

}  // namespace shosoin::service
