// What a person may do: a set of named permissions and record files, granted by name (P-01, P-12). There is no "all".
// Roles only propose a set when a person is added; what counts is the grant, which belongs to the tenant. Values; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "admin-api/service/retention/ruled_files.h"
#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::service {

// Frozen numbers: stored.
enum class Role : std::uint8_t {
  Operator = 1,               // 事務取扱担当者
  DataProtectionManager = 2,  // 保護管理者
  AuditOfficer = 3,           // 監査責任者
  SystemAdministrator = 4,    // システム管理者; of the appliance
  SecurityOfficer = 5,        // of the appliance
};
std::optional<Role> role_named(std::string_view name);
std::string_view role_name(Role role);
bool belongs_to_appliance(Role role);

// Frozen bits: stored.
enum class Permission : std::uint16_t {
  Retrieve = 1,
  ViewIndividualNumber = 2,
  Import = 4,
  ConfirmImport = 8,
  RequestErasure = 16,
  ApproveErasure = 32,
  Audit = 64,
  ManageRetention = 128,  // adopts rules, releases holds, decides where an end is undetermined
};
std::string_view permission_name(Permission permission);

struct Grant {
  std::uint16_t permissions = 0;
  std::set<std::string> files;  // record file keys
  bool has(Permission permission) const { return (permissions & static_cast<std::uint16_t>(permission)) != 0; }
  bool has_file(std::string_view file) const { return has_no_definition(file) || files.contains(std::string(file)); }
};
Grant role_template(Role role);
// "retrieve, import": what a role may be granted at most, and all there are.
std::string permission_names(Role role);
std::string permission_names();
// "retrieve,import,file:honnin-kakunin-joho". Empty: the role's template. InvalidContent: unknown name, "all", "*", or
// a permission the role can never have (the administrator of the data centre may not read records: S-02).
enum class GrantFault : std::uint8_t { File, UnknownPermission, NotOfTheRole };
Result<Grant> parse_grant(Role role, std::string_view text, GrantFault* fault = nullptr);
std::string grant_text(const Grant& grant);

Bytes encode_grant(const Grant& grant);
Result<Grant> decode_grant(ByteView bytes);

}  // namespace shosoin::service
