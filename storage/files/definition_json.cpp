#include "storage/files/definition_json.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "storage/files/characters.h"

namespace shosoin::files {
namespace {

constexpr Bilingual kMissing{"必須の項目がありません。", "A required member is missing."};

}  // namespace

Error Members::refuse(std::string_view name, Bilingual message) const {
  fault_ = {name.empty() ? pointer_ : pointer_ + '/' + std::string(name), message};
  return Error{ErrorCode::InvalidContent, "read a record file definition"};
}

Result<void> Members::only(std::initializer_list<std::string_view> allowed) const {
  for (const auto& member : object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    std::string escaped;  // RFC 6901, section 3
    for (char c : name) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return refuse(escaped, {"知らない項目です。", "Unknown member."});
  }
  return success();
}

Result<std::string> Members::text(std::string_view name, std::size_t most) const {
  const auto* value = object_.if_contains(name);
  if (value == nullptr) return refuse(name, kMissing);
  if (!value->is_string()) return refuse(name, {"文字列にしてください。", "Must be a string."});
  std::string out(value->get_string().data(), value->get_string().size());
  const bool controls =
      std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (out.empty() || length_in_characters(out) > most || controls || check_characters(out, {}).fault) {
    return refuse(name, {"空、長すぎる、または使えない文字があります。",
                         "Empty, too long, or with characters that cannot be used."});
  }
  return out;
}

Result<std::int64_t> Members::integer(std::string_view name, Range range) const {
  const auto* value = object_.if_contains(name);
  if (value == nullptr) return refuse(name, kMissing);
  if (!value->is_int64() || value->get_int64() < range.least || value->get_int64() > range.most) {
    return refuse(name, {"範囲内の整数にしてください。", "Must be an integer within its range."});
  }
  return value->get_int64();
}

Result<bool> Members::flag(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  if (value == nullptr) return refuse(name, kMissing);
  if (!value->is_bool()) return refuse(name, {"true か false にしてください。", "Must be true or false."});
  return value->get_bool();
}

Result<Members> Members::object(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  if (value == nullptr) return refuse(name, kMissing);
  const auto* object = value->if_object();
  if (object == nullptr) return refuse(name, kMustBeObject);
  return Members(*object, pointer_ + '/' + std::string(name), fault_);
}

bool is_camel_case(std::string_view key) noexcept {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  return !key.empty() && lower(key.front()) &&
         std::all_of(key.begin(), key.end(), [&](char c) { return lower(c) || other(c); });
}

Result<std::span<const boost::json::value>> Members::array(std::string_view name, std::size_t most) const {
  const auto* value = object_.if_contains(name);
  if (value == nullptr) return refuse(name, kMissing);
  const auto* list = value->if_array();
  if (list == nullptr || list->empty() || list->size() > most) {
    return refuse(name, {"1件以上、上限以下の配列にしてください。",
                         "Must be an array with at least one element, within the limit."});
  }
  return std::span<const boost::json::value>(list->data(), list->size());
}

}  // namespace shosoin::files
