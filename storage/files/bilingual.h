// A fixed text in both languages of the product. Values; any thread.
#pragma once

#include <string_view>

namespace shosoin::files {

struct Bilingual {
  std::string_view ja, en;
};

}  // namespace shosoin::files
