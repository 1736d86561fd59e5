#pragma once
#include "admin-api/service/people.h"
namespace shosoin::files {
class DefinitionSet;
}
namespace shosoin::service {
class Imports {
 public:
  Imports(const Clock&, const files::DefinitionSet&) {}
  Result<void> abandon_unfinished(TenantStore&) { return success(); }
  Result<void> lapse(TenantStore&) { return success(); }
};
}  // namespace shosoin::service
