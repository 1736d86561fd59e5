// An appliance on a software TPM with tenants, people, live sessions and records, written straight through the stores
// in the product's own formats: what a login or an import would leave behind, without their time. One thread makes it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "admin-api/service/init.h"
#include "admin-api/service/vault.h"
#include "tests/support/swtpm.h"

namespace shosoin::bench {

struct Seat {  // somebody with a session at a terminal
  std::string tenant_code;
  std::string terminal;  // fingerprint, 32 bytes
  std::string token;     // 32 bytes
};
struct Person {
  RecordId record;
  std::string addressee;
};
struct City {
  std::string code;
  std::vector<Seat> seats;
  std::vector<Person> people;
};
struct Sizes {
  std::filesystem::path directory;  // on the disk that is measured
  std::size_t tenants = 1;
  std::size_t records = 1000;  // in the first tenant; the others share as many again
  std::size_t seats = 16;      // in the first tenant; one in each other
  std::size_t others = 0;      // records in each other tenant, where it is not a share
};

class World {
 public:
  // terminals: fingerprints for the first tenant's seats, as many as there are seats; drawn where there are none.
  World(const Sizes& sizes, const std::vector<Digest>& terminals);
  ~World();
  const std::vector<City>& cities() const { return cities_; }
  service::Service& service() { return *service_; }
  const service::Settings& settings() const { return settings_; }
  const files::DefinitionSet& definitions() const { return *definitions_; }
  struct Stored {
    std::uint64_t rows = 0, blocks = 0;  // of the first tenant
  };
  Stored stored() const;
  std::vector<std::filesystem::path> environments(std::size_t tenants) const;  // the files of the first so many
  void confirm(const RecordId& import);  // of the first tenant; as another person would, without asking for one
  static constexpr std::string_view kFile = "honnin-kakunin-joho";

 private:
  void settle(City& city, std::size_t number, std::size_t seats, const std::vector<Digest>& terminals);
  void fill(City& city, std::size_t records, std::uint64_t seed);

  SystemClock clock_;
  test::Swtpm tpm_;
  service::Settings settings_;
  service::OpenedAppliance opened_;
  std::optional<files::DefinitionSet> definitions_;
  std::unique_ptr<service::Service> service_;
  std::vector<City> cities_;
};

}  // namespace shosoin::bench
