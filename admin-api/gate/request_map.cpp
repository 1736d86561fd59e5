#include "admin-api/gate/request_map.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <charconv>

#include "admin-api/gate/http_values.h"
#include "crypto/canonical_json.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

namespace json = boost::json;
using protocol::FieldId;
using AnyId = Id16<struct AnyIdMeaning>;
using Refusal = std::optional<Problem>;

Problem unacceptable(Detail what, std::string pointer) {
  return make_problem(ErrorCode::InvalidContent, what, std::move(pointer));
}

std::size_t most_of(const Route& route, FieldId field) {
  for (const auto& rule : protocol::find_rule(route.kind)->fields) {
    if (rule.id == field) return rule.most;
  }
  return 0;
}

Refusal map_text(const Route& route, const Member& member, const json::value& value, protocol::Request& out) {
  if (!value.is_string()) return unacceptable(detail::kWrongType, std::string(member.pointer));
  const std::string_view text = value.get_string();
  if (text.size() > most_of(route, member.field)) return unacceptable(detail::kTooLong, std::string(member.pointer));
  protocol::set(out, member.field, text);
  return std::nullopt;
}

Refusal map_id(const Member& member, const json::value& value, protocol::Request& out) {
  if (!value.is_string()) return unacceptable(detail::kWrongType, std::string(member.pointer));
  const auto id = AnyId::parse(value.get_string());
  if (!id) return unacceptable(detail::kNotAnId, std::string(member.pointer));
  protocol::set(out, member.field, id.value().view());
  return std::nullopt;
}

Refusal map_ids(const Member& member, const json::value& value, protocol::Request& out) {
  const std::string pointer(member.pointer);
  if (!value.is_array()) return unacceptable(detail::kWrongType, pointer);
  const json::array& ids = value.get_array();
  if (ids.empty()) return unacceptable(detail::kEmptyList, pointer);
  if (ids.size() > limits::kMaxErasureRecords) return make_problem(ErrorCode::TooMany, {}, pointer);
  Bytes bytes;
  bytes.reserve(ids.size() * AnyId::kSize);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string element = pointer + "/" + std::to_string(i);
    if (!ids[i].is_string()) return unacceptable(detail::kWrongType, element);
    const auto id = AnyId::parse(ids[i].get_string());
    if (!id) return unacceptable(detail::kNotAnId, element);
    append(bytes, id.value().view());
  }
  protocol::set(out, member.field, ByteView(bytes));
  return std::nullopt;
}

Refusal map_value(const Route& route, const Member& member, const json::value& value, protocol::Request& out) {
  switch (member.type) {
    case JsonType::Text:
      return map_text(route, member, value, out);
    case JsonType::Flag: {
      if (!value.is_bool()) return unacceptable(detail::kWrongType, std::string(member.pointer));
      const std::array<std::uint8_t, 1> flag{value.get_bool() ? std::uint8_t{1} : std::uint8_t{0}};
      protocol::set(out, member.field, ByteView(flag));
      return std::nullopt;
    }
    case JsonType::Id16:
      return map_id(member, value, out);
    case JsonType::Id16List:
      return map_ids(member, value, out);
    case JsonType::Number:  // stands in paths only
      break;
  }
  return make_problem(ErrorCode::Internal);
}

Detail explain(crypto::JsonFlaw flaw) {
  switch (flaw) {
    case crypto::JsonFlaw::Syntax:
      return detail::kNotJson;
    case crypto::JsonFlaw::Encoding:
      return detail::kNotUtf8;
    case crypto::JsonFlaw::Surrogate:
      return detail::kLoneSurrogate;
    case crypto::JsonFlaw::DoubledName:
      return detail::kDoubledName;
    case crypto::JsonFlaw::Number:
      return detail::kJsonNumber;
    case crypto::JsonFlaw::Depth:
      return detail::kTooDeep;
  }
  return {};
}

// Depth is bounded by the route's own pointers: an object is entered only where one of them leads on.
Refusal map_object(const Route& route, const json::object& object, const std::string& at, protocol::Request& out) {
  for (const auto& [key, value] : object) {
    const std::string_view name = key;
    // A key with '/' or '~' would look like a path of its own.
    const bool plain = name.find_first_of("/~") == std::string_view::npos;
    const std::string pointer = at + "/" + std::string(plain ? name : std::string_view{});
    if (!plain || !route.has_pointer(pointer)) return unacceptable(detail::kUnknownMember, at);
    if (const Member* member = route.find_member(pointer)) {
      if (auto refused = map_value(route, *member, value, out)) return refused;
      continue;
    }
    if (!value.is_object()) return unacceptable(detail::kWrongType, pointer);
    if (auto refused = map_object(route, value.get_object(), pointer, out)) return refused;
  }
  return std::nullopt;
}

// As it would be written, and no other spelling: no sign, no leading zero.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

Refusal map_path(const Match& match, protocol::Request& out) {
  for (const auto& [parameter, text] : match.values) {
    if (parameter->type == JsonType::Id16) {
      const auto id = AnyId::parse(text);
      if (!id) return make_problem(ErrorCode::NotFound);
      protocol::set(out, parameter->field, id.value().view());
    } else if (parameter->type == JsonType::Number) {
      const auto number = parse_number(text);
      if (!number) return make_problem(ErrorCode::NotFound);
      protocol::set_u64(out, parameter->field, *number);
    } else {
      if (text.size() > most_of(*match.route, parameter->field)) return make_problem(ErrorCode::NotFound);
      protocol::set(out, parameter->field, text);
    }
  }
  return std::nullopt;
}

// The encodings a CSV may be declared in, as the vault names them; never guessed (domain notes, section 2).
std::optional<std::string_view> encoding_named(std::string_view charset) {
  for (const std::string_view known : {"UTF-8", "CP932", "EUC-JP-MS"}) {
    if (equal_ignoring_case(charset, known)) return known;
  }
  return std::nullopt;
}

bool body_fits(BodyKind wanted, const MediaType& type) {
  switch (wanted) {
    case BodyKind::None:
      return false;
    case BodyKind::Json:  // UTF-8 without saying so
      return equal_ignoring_case(type.type, "application/json") &&
             (type.charset.empty() || equal_ignoring_case(type.charset, "utf-8"));
    case BodyKind::Csv:
      return equal_ignoring_case(type.type, "text/csv") && encoding_named(type.charset);
    case BodyKind::Octets:
      return equal_ignoring_case(type.type, "application/octet-stream") && type.charset.empty();
  }
  return false;
}

bool has_line(const Head& head, std::string_view name) {
  return std::ranges::any_of(head.lines, [&](const auto& line) { return equal_ignoring_case(line.name, name); });
}

}  // namespace

std::string known_part(const Route& route, std::string_view pointer) {
  std::size_t known = 0;
  while (known < pointer.size()) {
    const std::size_t next = std::min(pointer.find('/', known + 1), pointer.size());
    const std::string_view prefix = pointer.substr(0, next);
    const Member* list = route.find_member(pointer.substr(0, known));
    const std::string_view token = pointer.substr(known + 1, next - known - 1);
    const bool is_index = list != nullptr && list->type == JsonType::Id16List && !token.empty() && token.size() <= 5 &&
                          token.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_index && !route.has_pointer(prefix)) break;
    known = next;
  }
  return std::string(pointer.substr(0, known));
}

Refusal check_content_type(const Route& route, const Head& head) {
  if (route.body == BodyKind::None) {
    return head.has_body() ? std::optional{closing(make_problem(ErrorCode::BadRequest, detail::kNoBody))}
                           : std::nullopt;
  }
  const auto type = parse_media_type(head.value("Content-Type"));
  const bool fits = type && body_fits(route.body, *type);
  const std::string_view coding = head.value("Content-Encoding");
  if (fits && (coding.empty() || equal_ignoring_case(coding, "identity"))) return std::nullopt;
  const bool csv = route.body == BodyKind::Csv;
  return make_problem(Fault::UnsupportedMediaType, route.body == BodyKind::Json ? detail::kJsonWanted
                                                   : csv                        ? detail::kCsvWanted
                                                                                : detail::kOctetsWanted);
}

Refusal map_head(const Match& match, const Head& head, const Peer& peer, protocol::Request& out) {
  const Route& route = *match.route;
  out.kind = route.kind;
  protocol::set(out, FieldId::Terminal, ByteView(peer.terminal));
  protocol::set(out, FieldId::TerminalAuthority, ByteView(peer.authority));
  if (route.needs_session()) {
    const auto token = parse_bearer(head.value("Authorization"));
    if (!token) return make_problem(ErrorCode::NotAuthenticated);
    protocol::set(out, FieldId::Session, ByteView(*token));
  }
  if (auto refused = map_path(match, out)) return refused;
  if (route.idempotency_key && has_line(head, "Idempotency-Key")) {
    const std::string_view key = head.value("Idempotency-Key");
    if (!is_idempotency_key(key)) return make_problem(ErrorCode::BadRequest, detail::kIdempotencyKey);
    protocol::set(out, FieldId::IdempotencyKey, key);
  }
  if (route.body == BodyKind::Csv) {
    const auto type = parse_media_type(head.value("Content-Type"));
    if (const auto encoding = encoding_named(type ? type->charset : std::string_view())) {
      protocol::set(out, FieldId::Encoding, *encoding);
    }
  }
  return std::nullopt;
}

Refusal map_json(const Route& route, std::string_view body, protocol::Request& out) {
  crypto::JsonFault fault;
  auto parsed = crypto::parse_strict(body, &fault);
  if (!parsed) return make_problem(ErrorCode::BadRequest, explain(fault.flaw), known_part(route, fault.pointer));
  if (!parsed.value().is_object()) return unacceptable(detail::kWrongType, {});
  if (auto refused = map_object(route, parsed.value().get_object(), {}, out)) return refused;
  for (const auto& member : route.members) {
    if (member.demand == Demand::ByGate && !out.fields.contains(member.field)) {
      return unacceptable(detail::kMissingMember, std::string(member.pointer));
    }
  }
  // The table of routes and the permit table agree (tested); a request that does not pass here is our own defect.
  if (!protocol::check(out, protocol::Channel::Gate)) return make_problem(ErrorCode::Internal);
  return std::nullopt;
}

}  // namespace shosoin::gate
