#include "admin-api/service/records/quarantine.h"

#include <boost/json/serialize.hpp>

#include "admin-api/service/stored_json.h"
#include "crypto/canonical_json.h"
#include "storage/generations/entry.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

constexpr int kWaitingFormat = 1;
constexpr std::uint8_t kOfRecord = 1;  // kind of entry: behind the import in the key
constexpr Literal kReading = "read what waits for identification";

EntryKey key_of(const RecordId& import, const RecordId& record) {
  Bytes key = copy_of(import.view());
  key.push_back(kOfRecord);
  append(key, record.view());
  return {TableId::Quarantine, std::move(key)};
}

json::array names_of(const std::vector<char32_t>& points) {
  json::array out;
  for (const auto point : points) out.emplace_back(files::code_point_name(point));
  return out;
}

Result<Proposal> read_proposal(const json::object& object) {
  const auto terminal = from_hex(text_member(object, "terminal"));
  Proposal proposal{text_member(object, "value"),
                    text_member(object, "by"),
                    text_member(object, "byName"),
                    text_member(object, "at"),
                    {}};
  if (!terminal || terminal->size() != proposal.terminal.size()) return Error{ErrorCode::Integrity, kReading};
  std::ranges::copy(*terminal, proposal.terminal.begin());
  return proposal;
}

json::object shown(const Proposal& proposal) {
  return {{"value", proposal.value},
          {"by", proposal.by},
          {"byName", proposal.by_name},
          {"at", proposal.at},
          {"terminal", to_hex(proposal.terminal)}};
}

Result<WaitingItem> read_item(const json::value& value) {
  const auto* object = value.if_object();
  const auto* doubtful = object != nullptr ? object->if_contains("doubtful") : nullptr;
  if (doubtful == nullptr || !doubtful->is_array()) return Error{ErrorCode::Integrity, kReading};
  WaitingItem item{text_member(*object, "item"), doubtful->get_array()};
  if (const auto* proposal = object->if_contains("proposal"); proposal != nullptr && proposal->is_object()) {
    TRY(item.proposal, read_proposal(proposal->get_object()));
  }
  return item;
}

Result<Waiting> read_waiting(const EntryKey& key, ByteView bytes) {
  auto parsed = crypto::parse_strict(text_of(bytes));
  if (!parsed || !parsed.value().is_object() || key.bytes.size() != 2 * RecordId::kSize + 1) {
    return Error{ErrorCode::Integrity, kReading};
  }
  auto& object = parsed.value().get_object();
  const auto *format = object.if_contains("format"), *row = object.if_contains("row");
  const auto *items = object.if_contains("items"), *decided = object.if_contains("decided");
  if (format == nullptr || *format != kWaitingFormat || row == nullptr || !row->is_int64() || items == nullptr ||
      !items->is_array() || decided == nullptr || !decided->is_object()) {
    return Error{ErrorCode::Integrity, kReading};
  }
  Waiting waiting{RecordId::from(ByteView(key.bytes).first(RecordId::kSize)).value(),
                  RecordId::from(ByteView(key.bytes).last(RecordId::kSize)).value(),
                  text_member(object, "state"),
                  static_cast<std::uint64_t>(row->get_int64()),
                  {},
                  decided->get_object()};
  for (const auto& one : items->get_array()) {
    TRY(auto item, read_item(one));
    waiting.items.push_back(std::move(item));
  }
  return waiting;
}

}  // namespace

json::array doubtful_told(std::string_view value, files::CharacterProfile profile) {
  json::array out;
  for (const auto& place : files::doubtful_places(value, profile)) {
    out.push_back(json::object{{"position", place.position},
                               {"codePoints", names_of(files::code_points(value.substr(place.first, place.size)))}});
  }
  return out;
}

json::array identified_told(const std::vector<files::IdentifiedPlace>& places) {
  json::array out;
  for (const auto& place : places) {
    out.push_back(json::object{
        {"position", place.position}, {"codePoints", names_of(place.before)}, {"identifiedAs", names_of(place.after)}});
  }
  return out;
}

Entry waiting_entry(const Waiting& waiting) {
  json::array items;
  for (const auto& item : waiting.items) {
    json::object one{{"item", item.key}, {"doubtful", item.doubtful}};
    if (item.proposal) one["proposal"] = shown(*item.proposal);
    items.push_back(std::move(one));
  }
  const json::object object{{"format", kWaitingFormat},
                            {"state", waiting.state},
                            {"row", static_cast<std::int64_t>(waiting.row)},
                            {"items", std::move(items)},
                            {"decided", waiting.decided}};
  return {key_of(waiting.import, waiting.record), copy_of(view_of(json::serialize(object)))};
}

Result<std::optional<Waiting>> find_waiting(const TenantStore& store, const RecordId& import, const RecordId& record) {
  const auto key = key_of(import, record);
  TRY(auto stored, store.get(key));
  if (!stored) return std::optional<Waiting>{};
  TRY(auto waiting, read_waiting(key, *stored));
  return std::optional(std::move(waiting));
}

Result<void> each_waiting(const TenantStore& store, const std::function<bool(const Waiting&)>& visit,
                          const RecordId* import) {
  Bytes prefix;
  if (import != nullptr) {
    prefix = copy_of(import->view());
    prefix.push_back(kOfRecord);
  }
  Result<void> read = success();
  TRY(store.scan(TableId::Quarantine, prefix, [&](const Entry& entry) {
    if (entry.key.bytes.size() <= RecordId::kSize || entry.key.bytes[RecordId::kSize] != kOfRecord) return true;
    auto waiting = read_waiting(entry.key, *entry.value);
    if (!waiting) {
      read = waiting.error();
      return false;
    }
    return visit(waiting.value());
  }));
  return read;
}

}  // namespace shosoin::service
