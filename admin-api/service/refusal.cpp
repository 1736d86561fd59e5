#include "admin-api/service/refusal.h"

namespace shosoin::service {

namespace json = boost::json;

Error refuse_in_words(Context& context, Error error, const Explanation& words) {
  context.told["detail"] = json::object{{"ja", words.ja}, {"en", words.en}};
  return error;
}

Error refuse_text(Context& context, std::string_view pointer) {
  return refuse_in_words(
      context, context.refuse(ErrorCode::InvalidContent, "keep a text with controls in it", pointer),
      {"改行、制御文字、文字の向きを変える記号は使えません。一行の文にしてください。",
       "No line ends, control characters, or marks that turn the direction of writing: write one line of text."});
}

}  // namespace shosoin::service
