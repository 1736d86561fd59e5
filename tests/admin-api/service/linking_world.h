// People whose numbers and addressees a test chooses, imported and confirmed in one tenant of the shared world. One
// thread.
#pragma once

#include <string>
#include <vector>

#include "admin-api/service/records/search_keys.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {

class LinkingWorld {
 protected:
  struct SomePerson {
    std::string addressee, number, resident_code;
    std::vector<std::string> values;  // of all items, as the package wrote them
  };
  ServiceWorld& world = ServiceWorld::shared();
  const std::string tenant{ServiceWorld::kKoganei};
  const std::string kFile{ServiceWorld::kFile};

  generations::TenantStore& store() { return *world.parts().tenants.open(world.tenant(tenant)).value(); }
  static std::string number(unsigned which);  // a valid one that no generated person has
  std::vector<SomePerson> people(std::uint64_t count, std::uint64_t seed);
  Told import(const std::vector<SomePerson>& people);
  void confirm(const Told& staged, const std::string& decision = "approve");
  std::vector<RecordId> records_of(const SomePerson& person);  // by 住民票コード
  std::string integrated_of(const SomePerson& person);
};

}  // namespace shosoin::test
