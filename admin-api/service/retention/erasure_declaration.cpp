#include "admin-api/service/retention/erasure_declaration.h"

#include <filesystem>

#include "admin-api/service/retention/erasure_witness.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits_backup.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using erasure::TenantFacts;

constexpr std::string_view kCopiesKnown =
    "保管庫が作り、その場所にあるバックアップ(新しいもの)"
    "。どのバックアップも暗号文だけで、消去した行の鍵はこのバッチで失われる。よそへ移した写しは把握していない / "
    "backups that the vault made and that stand in their place, the newest; every backup holds ciphertext only, and "
    "the keys of the erased rows end with "
    "this batch; copies moved elsewhere are not known";
constexpr std::string_view kCopiesUnknown =
    "バックアップの場所を読めなかった。どのバックアップも暗号文だけで、消去した行の鍵はこのバッチで失われる / "
    "the place of backups could not be read; every backup holds ciphertext only, and the keys of the erased rows end "
    "with this batch";

// Backups that stand where the vault made them, the newest last: all it knows of, and only by their names.
std::optional<json::array> backups_in(const std::filesystem::path& place) {
  std::set<std::string> names;
  std::error_code failed;
  if (!std::filesystem::exists(place, failed)) return failed ? std::nullopt : std::optional(json::array{});
  for (std::filesystem::directory_iterator at(place, failed), end; !failed && at != end; at.increment(failed)) {
    auto name = at->path().filename().string();
    if (name.size() > limits::kMaxBackupName || name.find_first_not_of("0123456789TZ-") != std::string::npos) continue;
    names.insert(std::move(name));
    if (names.size() > limits::kBackupsDeclared) names.erase(names.begin());
  }
  if (failed) return std::nullopt;
  return json::array(names.begin(), names.end());
}

constexpr std::string_view kVerification =
    "バッチは、確定の前に新しい世代を開いて確かめ、確定の後に、鍵の置き場所の上書きと世代の前進をTPMに証明させる。証明"
    "書は "
    "shosoin verify certificate で確かめる / the batch opens the new generation before its commit, and has the TPM "
    "attest the overwritten key slot and the advanced epoch after it; shosoin verify certificate checks the "
    "certificate";

json::object tenant_said(const TenantFacts& tenant) {
  return {{"localGovernmentCode", tenant.code}, {"name", tenant.name}};
}

// The members every item has, however it came about.
json::object item_of(std::string_view kind, const TenantFacts& tenant, std::size_t count, const json::object& copies) {
  json::object out{{"kind", kind},
                   {"tenant", tenant_said(tenant)},
                   {"count", static_cast<std::int64_t>(count)},
                   {"requestedBy", nullptr},
                   {"approvedBy", nullptr},
                   {"witness", nullptr},
                   {"executedBy", nullptr},
                   {"medium", "本サーバーの記憶装置"},
                   {"method", "暗号鍵の破棄"},
                   {"verification", kVerification}};
  for (const auto& member : copies) out[member.key()] = member.value();
  return out;
}

void add(json::object& to, const json::object& members) {
  for (const auto& member : members) to[member.key()] = member.value();
}

}  // namespace

json::object copies_said(const Parts& parts) {
  auto backups = backups_in(parts.settings.state_copy_directory / "backups");
  const bool known = backups.has_value();
  return {{"survivingCopies", known ? std::move(*backups) : json::array{}},
          {"survivingCopiesNote", known ? kCopiesKnown : kCopiesUnknown}};
}

// The service's members of the certificate (DESIGN section 6; E-04, E-07): who, when, what, on which ground - no
// subject.
void declare_copies(const Parts& parts, json::object& declaration) { add(declaration, copies_said(parts)); }

json::object declaration_of(const TenantFacts& tenant, const ErasureFacts& facts, const json::object& retention,
                            const json::object& copies) {
  json::object out{{"tenant", json::object{{"localGovernmentCode", tenant.code}, {"name", tenant.name}}},
                   {"recordFile", facts.file},
                   {"count", static_cast<std::int64_t>(facts.records.size())}};
  for (const auto& member : facts.application) out[member.key()] = member.value();
  for (const auto& member : retention) out[member.key()] = member.value();
  out["requestedBy"] = facts.requested;
  out["approvedBy"] = facts.approved;
  out["executedBy"] = facts.executed;
  if (needs_witness(facts)) out["witness"] = witness_told(facts);
  out["disposalId"] = facts.disposal;
  for (const auto& member : copies) out[member.key()] = member.value();
  return out;
}

json::object rejected_declaration(const TenantFacts& tenant, std::size_t imports) {
  return {{"tenant", json::object{{"localGovernmentCode", tenant.code}, {"name", tenant.name}}},
          {"count", 0},
          {"rejectedImports", static_cast<std::int64_t>(imports)},
          {"ground", "確認されなかった一括登録の取消し / withdrawal of imports that were not confirmed"}};
}

Disposal disposal_of(const Parts& parts, const TenantFacts& tenant, const ErasureFacts& facts,
                     const json::object& retention, const json::object& copies) {
  const bool standing = facts.approved.contains("standing");
  Disposal out{item_of(standing ? "standing-approval" : "application", tenant, facts.records.size(), copies),
               facts.records};
  add(out.said, file_said(parts, facts.file));
  add(out.said, facts.application);
  add(out.said, retention);
  out.said["erasureId"] = facts.id.hex();
  out.said["requestedBy"] = facts.requested;
  out.said["approvedBy"] = facts.approved;
  if (needs_witness(facts)) out.said["witness"] = witness_told(facts);
  out.said["executedBy"] = facts.executed;
  return out;
}

Disposal disposal_of_unidentified(const Parts& parts, const TenantFacts& tenant, const RejectedRows& rows,
                                  const json::object& retention, const json::object& copies) {
  Disposal out{item_of("rejected-identifications", tenant, rows.records.size(), copies), rows.records};
  add(out.said, file_said(parts, rows.file));
  add(out.said, retention);
  out.said["items"] = "全項目";
  out.said["ground"] = "文字同定ができなかった行の取消し / withdrawal of rows whose characters could not be identified";
  json::array deciders;
  for (const auto& id : rows.decided_by) deciders.push_back(json::object{{"operatorId", id}});
  out.said["approvedBy"] = std::move(deciders);
  out.said["executedBy"] = rows.executed;
  return out;
}

Disposal disposal_of_imports(const Parts& parts, const TenantFacts& tenant, const std::vector<RemovedImport>& imports,
                             const json::object& executed, const json::object& copies) {
  std::uint64_t rows = 0;
  json::array requested, decided, files;
  for (const auto& import : imports) {
    rows += import.rows;
    auto file = file_said(parts, import.facts.file);
    file["importId"] = import.facts.id.hex();
    file["rows"] = static_cast<std::int64_t>(import.rows);
    files.push_back(std::move(file));
    requested.push_back(json::object{{"operatorId", import.facts.opened_by},
                                     {"name", text_member(import.facts.told, "openedByName")},
                                     {"at", text_member(import.facts.told, "openedAt")}});
    if (import.facts.state == "abandoned") continue;
    decided.push_back(json::object{{"operatorId", text_member(import.facts.told, "decidedBy")},
                                   {"name", text_member(import.facts.told, "decidedByName")},
                                   {"at", text_member(import.facts.told, "decidedAt")}});
  }
  Disposal out{item_of("rejected-imports", tenant, rows, copies), {}};
  out.said["recordFiles"] = std::move(files);
  out.said["items"] = "全項目";
  out.said["retentionRules"] = json::array{};  // never confirmed: no term had begun
  out.said["endOfRetention"] = nullptr;
  out.said["periodCovered"] = nullptr;
  out.said["ground"] = "確認されなかった一括登録の取消し / withdrawal of imports that were not confirmed";
  out.said["requestedBy"] = std::move(requested);
  out.said["approvedBy"] = std::move(decided);
  out.said["executedBy"] = executed;
  return out;
}

}  // namespace shosoin::service
