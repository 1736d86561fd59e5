// RFC 9457 problems in Japanese and English. A problem is made of literals; the only other text in it is a pointer of
// known member names and what the vault says of its own: nothing of the request is ever repeated. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/error.h"

namespace shosoin::gate {

enum class Language { Ja, En };
Language choose_language(std::string_view accept_language);  // RFC 9110 section 12.5.4; Japanese when in doubt

// What HTTP itself refuses, beside the house's table of errors.
enum class Fault {
  MethodNotAllowed,
  NotAcceptable,
  TargetTooLong,
  UnsupportedMediaType,
  ExpectationFailed,
  Misdirected,
  HeaderTooLarge,
  VersionNotSupported,
  NotImplemented,
};
inline constexpr std::size_t kFaultCount = static_cast<std::size_t>(Fault::NotImplemented) + 1;

struct Detail {
  std::string_view ja, en;  // literals
};
namespace detail {
inline constexpr Detail kFraming{"HTTPの要求の形が正しくありません。",
                                 "The framing of the HTTP request is not acceptable."};
inline constexpr Detail kTarget{"要求先の書き方が正しくありません。番号をURLに書かないでください。",
                                "The request target is not acceptable. Never write a number into a URL."};
inline constexpr Detail kNoBody{"このメソッドには本文を付けられません。", "This method takes no body."};
inline constexpr Detail kNotJson{"本文がJSON(RFC 8259)ではありません。", "The body is not JSON (RFC 8259)."};
inline constexpr Detail kNotUtf8{"本文がUTF-8ではありません。UTF-8で送ってください。",
                                 "The body is not UTF-8. Send it in UTF-8."};
inline constexpr Detail kLoneSurrogate{
    "\\uD800〜\\uDFFFのエスケープが対になっていません。文字をそのままUTF-8で送れます。",
    "An escape of \\uD800 to \\uDFFF lacks its other half. Characters may be sent as UTF-8."};
inline constexpr Detail kDoubledName{"同じキーが二つあります。一つにしてください。",
                                     "A name stands twice in an object. Send it once."};
inline constexpr Detail kJsonNumber{
    "数は小数点と指数のない、絶対値2の53乗以下の整数だけです。ほかは文字列で送ってください。",
    "Numbers are integers up to 2^53, without point or exponent. Send others as text."};
inline constexpr Detail kTooDeep{"JSONの入れ子が深すぎます。32段までです。",
                                 "The JSON is nested too deeply. 32 levels are taken."};
inline constexpr Detail kUnknownMember{"知らない項目があります。", "There is an unknown member."};
inline constexpr Detail kMissingMember{"必須の項目がありません。", "A required member is missing."};
inline constexpr Detail kWrongType{"項目の型が違います。", "The member has another type."};
inline constexpr Detail kTooLong{"項目が長すぎます。", "The member is too long."};
inline constexpr Detail kNotAnId{"16進32桁のIDではありません。", "Not an id of 32 hexadecimal digits."};
inline constexpr Detail kEmptyList{"IDが一つもありません。", "The list of ids is empty."};
inline constexpr Detail kIdempotencyKey{"Idempotency-Keyは1〜64文字の可視ASCIIです。",
                                        "Idempotency-Key takes 1 to 64 visible ASCII characters."};
inline constexpr Detail kJsonWanted{"Content-Type: application/json(UTF-8)で送ってください。",
                                    "Send Content-Type: application/json (UTF-8)."};
inline constexpr Detail kCsvWanted{
    "Content-Type: text/csv; charset=utf-8 のように文字コードを宣言して送ってください(utf-8、cp932、euc-jp-ms)。",
    "Declare the encoding: Content-Type: text/csv; charset=utf-8 (or cp932, euc-jp-ms)."};
inline constexpr Detail kOctetsWanted{"Content-Type: application/octet-stream で送ってください。",
                                      "Send Content-Type: application/octet-stream."};
inline constexpr Detail kNotReady{"保管庫の準備ができていません。", "The vault is not ready."};
inline constexpr Detail kTooManyConnections{"この端末の接続が多すぎます。使っていない接続を閉じてください。",
                                            "This terminal holds too many connections. Close those not in use."};
inline constexpr Detail kAnswersWait{"受け取られていない応答が多すぎます。しばらく待ってください。",
                                     "Too many answers wait to be read. Wait a while."};
}  // namespace detail

struct Problem {
  std::string_view slug;
  int status = 500;
  std::string_view title_ja, title_en;
  Detail what{};                       // literal detail of the gate
  std::string said;                    // detail of the vault, already in the chosen language or in both
  std::optional<std::string> pointer;  // RFC 6901, known names only; "" is the whole document
  boost::json::object more;            // further members of the vault's own making (RFC 9457 section 3.2)
  std::string allow;                   // for 405
  bool close = false;                  // framing is in doubt: answer once and close
};
Problem make_problem(ErrorCode code, Detail what = {}, std::optional<std::string> pointer = std::nullopt);
Problem make_problem(Fault fault, Detail what = {});
inline Problem closing(Problem problem) {
  problem.close = true;
  return problem;
}

std::vector<Problem> every_problem();  // what openapi.yaml must list

// request_number stands in the access log too, so that the two can be brought together.
std::string problem_json(const Problem& problem, Language language, unsigned long long request_number);

}  // namespace shosoin::gate
