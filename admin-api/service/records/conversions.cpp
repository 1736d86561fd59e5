#include "admin-api/service/records/conversions.h"

#include <algorithm>
#include <iterator>

#include "admin-api/service/handlers.h"
#include "admin-api/service/records/imports.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_intake.h"
#include "storage/files/identification.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

constexpr std::uint8_t kOfConversions = 2;  // kind of entry: behind the import in the key

Bytes prefix_of(const RecordId& import) { return Writer{}.raw(import.view()).u8(kOfConversions).take(); }

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

void RowConversions::add(const files::Finding& finding) {
  if (!open_.empty() && open_.front().row != finding.row) open_.clear();
  open_.push_back({finding.row, finding.column, std::string(files::rule(finding.rule).slug), finding.changes});
}

std::optional<Entry> RowConversions::take(const RecordId& import, std::uint64_t row, const RecordId& record) {
  const auto taken = std::exchange(open_, {});
  if (taken.empty() || taken.front().row != row) return std::nullopt;
  return Entry{{TableId::Quarantine, Writer{}.raw(prefix_of(import)).u64(row).raw(record.view()).take()},
               files::encode_conversions(taken)};
}

Result<ConversionsTold> read_conversions(const TenantStore& store, const RecordId& import, std::uint64_t after_row) {
  ConversionsTold told;
  Result<void> read = success();
  const auto prefix = prefix_of(import);
  TRY(store.scan(TableId::Quarantine, prefix, [&](const Entry& entry) {
    Reader key(ByteView(entry.key.bytes).subspan(prefix.size()));
    if (key.u64() <= after_row) return true;
    told.more = told.conversions.size() >= limits::kConversionsTold;
    if (told.more) return false;
    auto row = files::decode_conversions(*entry.value);
    if (!row) {
      read = row.error();
      return false;
    }
    std::ranges::move(row.value(), std::back_inserter(told.conversions));
    return true;
  }));
  TRY(read);
  return told;
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
  const auto part = in.u64();  // the last row told before
  TRY(auto found, read_conversions(*store, id, part));
  if (found.conversions.empty() && part > 0) return Error{ErrorCode::NotFound, kNothing};
  json::array conversions;
  for (const auto& one : found.conversions) conversions.push_back(told(one));
  json::object out{{"importId", id.hex()}, {"part", part}, {"conversions", std::move(conversions)}};
  if (found.more) out["nextPart"] = found.conversions.back().row;
  return out;
}

}  // namespace shosoin::service
