// Refusals that say in words of their own what to do, in both languages, beside the code from the one table.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

struct Explanation {
  std::string_view ja, en;
};
// `error`, with the words as the member `detail` of what is told.
Error refuse_in_words(Context& context, Error error, const Explanation& words);
Error refuse_text(Context& context, std::string_view pointer);  // is_one_line() does not hold of what stands there

}  // namespace shosoin::service
