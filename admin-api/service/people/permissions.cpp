#include "admin-api/service/people/permissions.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::service {

bool has_no_definition(std::string_view file) noexcept { return file == kAccessLog || file == kWorkingDocuments; }

namespace {

struct RoleRow {
  Role role;
  std::string_view name;
  std::uint16_t proposed, possible;
};
constexpr std::uint16_t bits(std::initializer_list<Permission> permissions) {
  std::uint16_t out = 0;
  for (auto permission : permissions) out = static_cast<std::uint16_t>(out | static_cast<std::uint16_t>(permission));
  return out;
}
using enum Permission;
// An audit officer reads no records, an operator approves nothing, a manager may do what the section does.
constexpr std::array<RoleRow, 5> kRoles{{
    {Role::Operator, "operator", bits({Retrieve, Import, RequestErasure}),
     bits({Retrieve, ViewIndividualNumber, Import, ConfirmImport, RequestErasure})},
    {Role::DataProtectionManager, "dataProtectionManager", bits({ConfirmImport, ApproveErasure, ManageRetention}),
     bits({Retrieve, ViewIndividualNumber, Import, ConfirmImport, RequestErasure, ApproveErasure, Audit,
           ManageRetention})},
    {Role::AuditOfficer, "auditOfficer", bits({Audit}), bits({Audit})},
    {Role::SystemAdministrator, "systemAdministrator", 0, 0},
    {Role::SecurityOfficer, "securityOfficer", 0, 0},
}};
struct PermissionRow {
  Permission permission;
  std::string_view name;
};
constexpr std::array<PermissionRow, 8> kPermissions{{
    {Retrieve, "retrieve"},
    {ViewIndividualNumber, "viewIndividualNumber"},
    {Import, "import"},
    {ConfirmImport, "confirmImport"},
    {RequestErasure, "requestErasure"},
    {ApproveErasure, "approveErasure"},
    {Audit, "audit"},
    {ManageRetention, "manageRetention"},
}};
constexpr std::uint16_t kGrantFormat = 1;
constexpr std::string_view kFilePrefix = "file:";

const RoleRow& row_of(Role role) {
  const auto* found = std::ranges::find(kRoles, role, &RoleRow::role);
  ENSURE(found != kRoles.end());
  return *found;
}

std::string_view trimmed(std::string_view word) {
  while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
  while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
  return word;
}

bool is_file_key(std::string_view text) {
  return !text.empty() && text.size() <= limits::kMaxFileKey &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

std::optional<Role> role_named(std::string_view name) {
  const auto* found = std::ranges::find(kRoles, name, &RoleRow::name);
  return found == kRoles.end() ? std::nullopt : std::optional(found->role);
}
std::string_view role_name(Role role) { return row_of(role).name; }
bool belongs_to_appliance(Role role) { return role == Role::SystemAdministrator || role == Role::SecurityOfficer; }

std::string_view permission_name(Permission permission) {
  const auto* found = std::ranges::find(kPermissions, permission, &PermissionRow::permission);
  ENSURE(found != kPermissions.end());
  return found->name;
}

Grant role_template(Role role) { return {row_of(role).proposed, {}}; }

std::string permission_names(Role role) {
  std::string out;
  for (const auto& row : kPermissions) {
    if ((row_of(role).possible & static_cast<std::uint16_t>(row.permission)) == 0) continue;
    out.append(out.empty() ? "" : ", ").append(row.name);
  }
  return out;
}
std::string permission_names() {
  std::string out;
  for (const auto& row : kPermissions) out.append(out.empty() ? "" : ", ").append(row.name);
  return out;
}

Result<Grant> parse_grant(Role role, std::string_view text, GrantFault* fault) {
  const auto refuse = [fault](GrantFault what, Literal doing) {
    if (fault != nullptr) *fault = what;
    return Error{ErrorCode::InvalidContent, doing};
  };
  Grant grant;
  bool named_permission = false;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto word = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (word.starts_with(kFilePrefix)) {
      const auto file = word.substr(kFilePrefix.size());
      if (!is_file_key(file) || file == "all") return refuse(GrantFault::File, "read the files of a grant");
      grant.files.emplace(file);
      continue;
    }
    const auto* found = std::ranges::find(kPermissions, word, &PermissionRow::name);
    if (found == kPermissions.end()) {
      return refuse(GrantFault::UnknownPermission, "read the permissions of a grant");
    }
    named_permission = true;
    grant.permissions = static_cast<std::uint16_t>(grant.permissions | static_cast<std::uint16_t>(found->permission));
  }
  if (!named_permission) grant.permissions = row_of(role).proposed;
  if ((grant.permissions & ~row_of(role).possible) != 0) {
    return refuse(GrantFault::NotOfTheRole, "grant a permission its role can never have");
  }
  return grant;
}

std::string grant_text(const Grant& grant) {
  std::string out;
  const auto add = [&out](std::string_view prefix, std::string_view word) {
    if (!out.empty()) out.push_back(',');
    out.append(prefix).append(word);
  };
  for (const auto& row : kPermissions) {
    if (grant.has(row.permission)) add("", row.name);
  }
  for (const auto& file : grant.files) add(kFilePrefix, file);
  return out;
}

Bytes encode_grant(const Grant& grant) {
  Writer out;
  out.u16(kGrantFormat).u16(grant.permissions).u16(static_cast<std::uint16_t>(grant.files.size()));
  for (const auto& file : grant.files) out.text16(file);
  return out.take();
}

Result<Grant> decode_grant(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  Grant grant;
  grant.permissions = in.u16();
  const auto files = in.u16();
  for (std::uint16_t i = 0; i < files && !in.failed(); ++i) grant.files.insert(in.text16(limits::kMaxFileKey));
  TRY(in.finish("read a grant"));
  if (format != kGrantFormat) return Error{ErrorCode::Integrity, "read a grant of another format", format};
  return grant;
}

}  // namespace shosoin::service
