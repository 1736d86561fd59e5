// Which 団体内統合宛名番号 a row of an import belongs to (seeds 000, 002; N-02): one that is known keeps it, a new one
// gets one here. One for each import; one thread at a time.
#pragma once

#include <map>
#include <set>

#include "admin-api/service/search_keys.h"
#include "storage/files/identifiers.h"

namespace shosoin::service {

class Linker {
 public:
  // What a row says about its person. A table without 個人番号 has the 宛名番号 alone, a flat file may have neither.
  struct Row {
    const std::optional<files::IndividualNumber>& number;
    const std::optional<std::string>& addressee;
  };
  struct Link {
    std::string integrated;
    std::optional<Entry> entry;  // to be stored with the row; keys may come twice, with one value
  };
  explicit Linker(TenantStore& store) : store_(store) {}
  Result<Link> link(const Row& row);

 private:
  Result<std::string> new_integrated_number();

  TenantStore& store_;
  std::map<std::string, std::string> numbers_;  // token -> integrated number, of this import
  std::set<std::string> drawn_;
};

}  // namespace shosoin::service
