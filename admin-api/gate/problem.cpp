#include "admin-api/gate/problem.h"

#include <boost/json/serialize.hpp>

#include "admin-api/gate/http_values.h"

namespace shosoin::gate {
namespace {

struct FaultRow {
  std::string_view slug;
  int status;
  std::string_view ja, en;
};

FaultRow fault_row(Fault fault) {
  switch (fault) {
    case Fault::MethodNotAllowed:
      return {"method-not-allowed", 405, "このメソッドは使えません。Allowヘッダーを確かめてください。",
              "The method is not allowed here. See the Allow header."};
    case Fault::NotAcceptable:
      return {"not-acceptable", 406, "求められた形式では答えられません。Acceptヘッダーを確かめてください。",
              "No answer in the form asked for. See the Accept header."};
    case Fault::TargetTooLong:
      return {"target-too-long", 414, "要求先が長すぎます。", "The request target is too long."};
    case Fault::UnsupportedMediaType:
      return {"unsupported-media-type", 415, "この形式の本文は受け付けません。Content-Typeを確かめてください。",
              "A body of this type is not accepted. See Content-Type."};
    case Fault::ExpectationFailed:
      return {"expectation-failed", 417, "Expectヘッダーの求めには応じられません。", "The expectation cannot be met."};
    case Fault::Misdirected:
      return {"misdirected", 421, "このサーバー宛ての要求ではありません。ホスト名を確かめてください。",
              "The request is not for this server. Check the host name."};
    case Fault::HeaderTooLarge:
      return {"header-too-large", 431, "ヘッダーが大きすぎます。", "The header section is too large."};
    case Fault::VersionNotSupported:
      return {"version-not-supported", 505, "HTTP/1.1で送ってください。", "Send HTTP/1.1."};
    case Fault::NotImplemented:
      return {"not-implemented", 501,
              "このサーバーにないメソッドまたは転送符号化です。GET、HEAD、POST、DELETEと、符号化なしかchunkedで送ってく"
              "ださい。",
              "A method or transfer coding that this server does not have. Use GET, HEAD, POST or DELETE, and none or "
              "chunked."};
  }
  return {};
}

}  // namespace

Problem make_problem(ErrorCode code, Detail what, std::optional<std::string> pointer) {
  const ErrorRow& row = error_row(code);
  Problem problem;
  problem.slug = row.slug;
  problem.status = row.http_status;
  problem.title_ja = row.ja;
  problem.title_en = row.en;
  problem.what = what;
  problem.pointer = std::move(pointer);
  return problem;
}

Problem make_problem(Fault fault, Detail what) {
  const FaultRow row = fault_row(fault);
  Problem problem;
  problem.slug = row.slug;
  problem.status = row.status;
  problem.title_ja = row.ja;
  problem.title_en = row.en;
  problem.what = what;
  return problem;
}

std::vector<Problem> every_problem() {
  std::vector<Problem> out;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) out.push_back(make_problem(static_cast<ErrorCode>(i)));
  for (std::size_t i = 0; i < kFaultCount; ++i) out.push_back(make_problem(static_cast<Fault>(i)));
  return out;
}

std::string problem_json(const Problem& problem, Language language, unsigned long long request_number) {
  const bool japanese = language == Language::Ja;
  boost::json::object out;
  out["type"] = std::string("urn:shosoin:problem:").append(problem.slug);
  out["title"] = japanese ? problem.title_ja : problem.title_en;
  out["status"] = problem.status;
  const std::string_view what = japanese ? problem.what.ja : problem.what.en;
  if (!problem.said.empty()) {
    out["detail"] = problem.said;
  } else if (!what.empty()) {
    out["detail"] = what;
  }
  out["instance"] = "urn:shosoin:request:" + std::to_string(request_number);
  out["code"] = problem.slug;
  if (problem.pointer) out["pointer"] = *problem.pointer;
  for (const auto& [name, value] : problem.more) out.emplace(name, value);  // never over one of ours
  return boost::json::serialize(out);
}

Language choose_language(std::string_view accept_language) {
  int best = 0;
  Language chosen = Language::Ja;
  for_each_weighted(accept_language, [&](std::string_view range, int weight) {
    const std::string_view primary = range.substr(0, range.find('-'));
    const bool japanese = equal_ignoring_case(primary, "ja") || range == "*";
    if (!japanese && !equal_ignoring_case(primary, "en")) return;
    if (weight > best) best = weight, chosen = japanese ? Language::Ja : Language::En;
  });
  return chosen;
}

}  // namespace shosoin::gate
