// The stored form of a request to change a number.
#include <boost/json/serialize.hpp>

#include "admin-api/service/records/number_changes.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits_linking.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;

constexpr int kChangeFormat = 1;
constexpr Literal kReading{"read a request to change a number"};

EntryKey key_of(const RecordId& id) { return approval_key(ApprovalKind::NumberChange, id); }

Result<NumberChangeFacts> read_facts(const EntryKey& key, ByteView value) {
  TRY(const auto object, stored_object(value, kChangeFormat, kReading));
  const auto terminal = from_hex(text_member(object, "requestedAtTerminal"));
  const auto record = RecordId::parse(text_member(object, "recordId"));
  if (key.bytes.size() != 1 + RecordId::kSize || !terminal || !record) return Error{ErrorCode::Integrity, kReading};
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
  facts.closed_on = text_member(object, "closedOn");
  return facts;
}

}  // namespace

Entry number_change_entry(const NumberChangeFacts& facts) {
  json::object object{{"format", kChangeFormat},
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
  if (!facts.closed_on.empty()) object["closedOn"] = facts.closed_on;
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
  return all_approvals<NumberChangeFacts>(store, ApprovalKind::NumberChange, limits::kMaxNumberChangesListed,
                                          read_facts);
}

Result<void> each_number_change(const TenantStore& store, const std::function<bool(const NumberChangeFacts&)>& visit) {
  Result<void> read = success();
  TRY(store.scan(TableId::Approvals, Bytes{static_cast<std::uint8_t>(ApprovalKind::NumberChange)},
                 [&](const Entry& entry) {
                   const auto facts = read_facts(entry.key, *entry.value);
                   if (!facts) read = facts.error();
                   return facts && visit(facts.value());
                 }));
  return read;
}

}  // namespace shosoin::service
