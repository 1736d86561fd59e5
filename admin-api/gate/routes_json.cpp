// `shosoin-gate --routes`: the route table as JSON, for the test that holds it against openapi.yaml.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "admin-api/gate/problem.h"
#include "admin-api/gate/routes.h"

namespace shosoin::gate {
namespace {

namespace json = boost::json;

std::string_view word(JsonType type) {
  switch (type) {
    case JsonType::Text:
      return "text";
    case JsonType::Flag:
      return "flag";
    case JsonType::Id16:
      return "id";
    case JsonType::Id16List:
      return "ids";
    case JsonType::Number:
      return "number";
  }
  return {};
}
std::string_view word(Demand demand) {
  switch (demand) {
    case Demand::ByGate:
      return "gate";
    case Demand::ByVault:
      return "vault";
    case Demand::Optional:
      return "no";
  }
  return {};
}
std::string_view word(BodyKind body) {
  switch (body) {
    case BodyKind::None:
      return "";
    case BodyKind::Json:
      return "application/json";
    case BodyKind::Csv:
      return "text/csv";
    case BodyKind::Octets:
      return "application/octet-stream";
  }
  return {};
}

std::size_t most_of(const Route& route, protocol::FieldId field) {
  for (const auto& rule : protocol::find_rule(route.kind)->fields) {
    if (rule.id == field) return rule.most;
  }
  return 0;
}

json::object describe(const Route& route) {
  json::array members;
  for (const auto& member : route.members) {
    members.push_back(json::object{{"pointer", member.pointer},
                                   {"type", word(member.type)},
                                   {"required", word(member.demand)},
                                   {"most", most_of(route, member.field)}});
  }
  return {{"operation", route.operation},
          {"method", name_of(route.method)},
          {"path", route.path},
          {"success", route.success},
          {"session", route.needs_session()},
          {"body", word(route.body)},
          {"idempotencyKey", route.idempotency_key},
          {"members", std::move(members)}};
}

}  // namespace

std::string routes_json() {
  json::array all;
  for (const auto& route : routes()) all.push_back(describe(route));
  json::array problems;
  for (const auto& problem : every_problem()) {
    problems.push_back(json::object{{"code", problem.slug}, {"status", problem.status}});
  }
  return json::serialize(json::object{{"routes", std::move(all)}, {"problems", std::move(problems)}});
}

}  // namespace shosoin::gate
