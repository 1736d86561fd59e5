#include "admin-api/service/conversions.h"

#include "admin-api/service/handlers.h"
#include "admin-api/service/imports.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_intake.h"
#include "storage/files/identification.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

constexpr std::uint8_t kOfConversions = 2;  // kind of entry: behind the import in the key

EntryKey key_of(const RecordId& import, std::uint32_t part) {
  return {TableId::Quarantine, Writer{}.raw(import.view()).u8(kOfConversions).u32(part).take()};
}

json::object told(const files::Conversion& conversion) {
  json::array changes;
  for (const auto& change : conversion.changes) {
    json::array before{files::code_point_name(change.before)};
    if (change.before_mark != 0) before.emplace_back(files::code_point_name(change.before_mark));
    changes.push_back(json::object{{"before", std::move(before)}, {"after", files::code_point_name(change.after)}});
  }
  return {{"row", conversion.row},
          {"column", conversion.column},
          {"rule", conversion.rule},
          {"changes", std::move(changes)}};
}

}  // namespace

std::optional<Entry> ConversionParts::add(const files::Finding& finding) {
  open_.push_back({finding.row, finding.column, std::string(files::rule(finding.rule).slug), finding.changes});
  return open_.size() < limits::kConversionsInPart ? std::nullopt : std::optional(part());
}
std::optional<Entry> ConversionParts::rest() { return open_.empty() ? std::nullopt : std::optional(part()); }

Entry ConversionParts::part() {
  Entry entry{key_of(import_, parts_++), files::encode_conversions(open_)};
  open_.clear();
  return entry;
}

Result<std::optional<std::vector<files::Conversion>>> find_conversions(const TenantStore& store, const RecordId& import,
                                                                std::uint32_t part) {
  TRY(auto stored, store.get(key_of(import, part)));
  if (!stored) return std::optional<std::vector<files::Conversion>>{};
  TRY(auto read, files::decode_conversions(*stored));
  return std::optional(std::move(read));
}

Answer conversion_list(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(const auto id, id_field<RecordId>(context, FieldId::ImportId));
  context.target["importId"] = id.hex();
  if (!context.by().grant.has(Permission::Import)) {
    TRY(need(context, Permission::ConfirmImport));
  }
  TRY(auto facts, find_import(*store, id));
  if (!facts || !context.by().grant.has_file(facts->file)) return Error{ErrorCode::NotFound, kNothing};
  Reader in(protocol::field(context.request, FieldId::Offset).value());
  const auto part = in.u64();
  std::optional<std::vector<files::Conversion>> found;
  bool more = false;
  if (part <= limits::kMaxConversionParts) {
    TRY(found, find_conversions(*store, id, static_cast<std::uint32_t>(part)));
    TRY(auto next, find_conversions(*store, id, static_cast<std::uint32_t>(part) + 1));
    more = next.has_value();
  }
  if (!found && part > 0) return Error{ErrorCode::NotFound, kNothing};
  json::array conversions;
  if (found) {
    for (const auto& one : *found) conversions.push_back(told(one));
  }
  json::object out{{"importId", id.hex()}, {"part", part}, {"conversions", std::move(conversions)}};
  if (more) out["nextPart"] = part + 1;
  return out;
}

}  // namespace shosoin::service
