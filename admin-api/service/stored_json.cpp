#include "admin-api/service/stored_json.h"

#include "crypto/canonical_json.h"

namespace shosoin::service {

namespace json = boost::json;

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object object_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}

std::int64_t number_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

Result<std::set<unsigned>> stored_months(const json::value& value, Literal reading) {
  std::set<unsigned> out;
  if (!value.is_array()) return Error{ErrorCode::Integrity, reading};
  for (const auto& one : value.get_array()) {
    const auto number = one.is_int64() ? one.get_int64() : -1;
    if (number < 1'01 || number > 9999'12) return Error{ErrorCode::Integrity, reading};
    out.insert(static_cast<unsigned>(number));
  }
  return out;
}

Result<json::object> stored_object(ByteView value, int format, Literal reading) {
  auto parsed = crypto::parse_strict(text_of(value));
  if (!parsed || !parsed.value().is_object()) return Error{ErrorCode::Integrity, reading};
  auto& object = parsed.value().get_object();
  if (number_member(object, "format") != format) return Error{ErrorCode::Integrity, reading};
  return std::move(object);
}

EntryKey approval_key(ApprovalKind kind, const RecordId& id) {
  Bytes key{static_cast<std::uint8_t>(kind)};
  append(key, id.view());
  return {TableId::Approvals, std::move(key)};
}

}  // namespace shosoin::service
