// Rows that wait for 文字同定: what is kept about each beside its record, in table Quarantine (format page:
// service/entries.md). One person says what the characters are, another on another terminal confirms; until then the
// record is shown to nobody (D-03, D-19). Values; any thread.
//
//   waiting -> proposed -> identified;  proposed -> waiting;  waiting -> rejected (leaves with the next batch)
#pragma once

#include <boost/json/array.hpp>

#include "admin-api/service/context.h"
#include "storage/files/identification.h"

namespace shosoin::service {

struct Proposal {
  std::string value;  // goes when it has been decided: then the record holds it
  std::string by, by_name, at;
  Fingerprint terminal{};
};
struct WaitingItem {
  std::string key;              // of the item
  boost::json::array doubtful;  // [{"position", "codePoints"}], then with "identifiedAs"
  std::optional<Proposal> proposal{};
};
struct Waiting {
  RecordId import, record;
  std::string state;
  std::uint64_t row = 0;  // of the CSV, the header counted
  std::vector<WaitingItem> items;
  boost::json::object decided;  // by whom and when
};

// Places and code points of what is doubtful in a value, nothing else of it.
boost::json::array doubtful_told(std::string_view value, files::CharacterProfile profile);
boost::json::array identified_told(const std::vector<files::IdentifiedPlace>& places);

Entry waiting_entry(const Waiting& waiting);
Result<std::optional<Waiting>> find_waiting(const TenantStore& store, const RecordId& import, const RecordId& record);
// In order of record ids; the visitor says false to stop.
Result<void> each_waiting(const TenantStore& store, const std::function<bool(const Waiting&)>& visit,
                          const RecordId* import = nullptr);

}  // namespace shosoin::service
