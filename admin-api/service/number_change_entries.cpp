// The stored form of a request to change a number.
#include <boost/json/serialize.hpp>

#include "admin-api/service/number_changes.h"
#include "crypto/canonical_json.h"
#include "firmware/base/limits_linking.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

constexpr int kChangeFormat = 1;
constexpr std::uint8_t kChangeApproval = 2;  // kind of approval: the first byte of the key
constexpr Literal kReading{"read a request to change a number"};

EntryKey key_of(const RecordId& id) {
  Bytes key{kChangeApproval};
  append(key, id.view());
  return {TableId::Approvals, std::move(key)};
}

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
json::object object_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}

Result<NumberChangeFacts> read_facts(const EntryKey& key, ByteView value) {
  auto parsed = crypto::parse_strict(text_of(value));
  if (!parsed || !parsed.value().is_object() || key.bytes.size() != 1 + RecordId::kSize) {
    return Error{ErrorCode::Integrity, kReading};
  }
  const auto& object = parsed.value().get_object();
  const auto* format = object.if_contains("format");
  const auto terminal = from_hex(text_member(object, "requestedAtTerminal"));
  const auto record = RecordId::parse(text_member(object, "recordId"));
  if (format == nullptr || *format != kChangeFormat || !terminal || !record) {
    return Error{ErrorCode::Integrity, kReading};
  }
  NumberChangeFacts facts;
  if (terminal->size() != facts.requested_at.size()) return Error{ErrorCode::Integrity, kReading};
  std::copy(terminal->begin(), terminal->end(), facts.requested_at.begin());
  TRY(facts.id, RecordId::from(ByteView(key.bytes).subspan(1)));
  facts.record = record.value();
  facts.state = text_member(object, "state");
  facts.file = text_member(object, "recordFile");
  facts.subject = text_member(object, "subject");
  facts.changed_on = text_member(object, "changedOn");
  facts.basis = text_member(object, "basis");
  facts.case_reference = text_member(object, "caseReference");
  facts.requested = object_member(object, "requested");
  facts.decided = object_member(object, "decided");
  facts.requested_by = text_member(object, "requestedBy");
  return facts;
}

}  // namespace

Entry number_change_entry(const NumberChangeFacts& facts) {
  const json::object object{{"format", kChangeFormat},
                            {"state", facts.state},
                            {"recordFile", facts.file},
                            {"recordId", facts.record.hex()},
                            {"subject", facts.subject},
                            {"changedOn", facts.changed_on},
                            {"basis", facts.basis},
                            {"caseReference", facts.case_reference},
                            {"requested", facts.requested},
                            {"decided", facts.decided},
                            {"requestedBy", facts.requested_by},
                            {"requestedAtTerminal", to_hex(facts.requested_at)}};
  return {key_of(facts.id), copy_of(view_of(json::serialize(object)))};
}

Result<std::optional<NumberChangeFacts>> find_number_change(const TenantStore& store, const RecordId& id) {
  const auto key = key_of(id);
  TRY(auto stored, store.get(key));
  if (!stored) return std::optional<NumberChangeFacts>{};
  TRY(auto facts, read_facts(key, *stored));
  return std::optional(std::move(facts));
}

Result<std::vector<NumberChangeFacts>> all_number_changes(const TenantStore& store) {
  std::vector<NumberChangeFacts> out;
  Result<void> read = success();
  const Bytes prefix{kChangeApproval};
  TRY(store.scan(TableId::Approvals, prefix, [&](const Entry& entry) {
    auto facts = read_facts(entry.key, *entry.value);
    if (!facts) {
      read = facts.error();
      return false;
    }
    out.push_back(std::move(facts.value()));
    return out.size() < limits::kMaxNumberChangesListed;
  }));
  TRY(std::move(read));
  return out;
}

}  // namespace shosoin::service
