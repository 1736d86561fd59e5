// The gate's routes as data: method, path template, what is asked of the vault, which JSON member becomes which field.
// The table and admin-api/openapi.yaml are held against each other by a test (`shosoin-gate --routes`). Pure; any
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin-api/protocol/protocol.h"

namespace shosoin::gate {

enum class Method { Get, Post, Delete };
std::string_view name_of(Method method);

enum class Handling {
  Ask,        // one request to the vault, its reply handed on
  Import,     // the body streamed into ImportOpen, ImportChunk..., ImportClose
  ImportPart,  // the body streamed into ImportChunk... of an import that is open, from an offset on
  Liveness,   // 200 while gate and vault answer
  Readiness,  // 200 when the vault says it is ready
  OpenApi,    // the description itself
};
enum class BodyKind { None, Json, Csv, Octets };

enum class JsonType { Text, Flag, Id16, Id16List, Number };  // Number: decimal digits of a path
enum class Demand {
  ByGate,   // missing: refused here
  ByVault,  // missing: refused in the vault, which logs the refusal (A-12, L-02, E-04)
  Optional,
};
struct Member {
  std::string_view pointer;  // RFC 6901; only names, so that "/a/b" is member b of object a
  protocol::FieldId field;
  JsonType type;
  Demand demand;
};
struct PathParameter {
  std::string_view name;
  protocol::FieldId field;
  JsonType type;
};

struct Route {
  std::string_view operation;  // operationId
  Method method;
  std::string_view path;  // template: segments, "{name}" for a parameter
  Handling handling;
  protocol::RequestKind kind;
  int success;  // 204: the vault's reply body is not handed on
  BodyKind body = BodyKind::None;
  std::span<const Member> members{};
  bool idempotency_key = false;
  std::chrono::seconds patience{};  // how long the vault may take
  std::size_t body_limit = 0;

  bool needs_session() const;
  bool has_pointer(std::string_view pointer) const;  // a member or an object that holds members
  const Member* find_member(std::string_view pointer) const;
};
std::span<const Route> routes();
const PathParameter& path_parameter(std::string_view name);  // name without braces; ENSUREs that it exists

struct PathValue {
  const PathParameter* parameter;
  std::string_view text;
};
struct Match {
  const Route* route = nullptr;  // nullptr: no such path, or not this method
  std::vector<PathValue> values;
  std::string allow;  // the methods of this path, when the path is known
};
Match match_route(std::string_view method, std::string_view path);

std::string routes_json();  // the table and every problem, for the test against openapi.yaml

}  // namespace shosoin::gate
