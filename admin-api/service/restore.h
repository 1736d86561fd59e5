// `shosoin restore`: a backup and the state copy become a data directory again, on this TPM, declared by two persons
// (DESIGN section 4). The vault is not running and the data directory is empty. One thread.
//
// Order, and what holds if power goes behind each step:
//   1 checks of places and backup        nothing has happened
//   2 laid out in <data>.restoring       a directory nobody starts; the next attempt removes it
//   3 fitted to the TPM, which is read   the same
//   4 started there, two persons checked the same
//   5 declared in the log, state copy    the same; the state copy holds the declaration
//   6 renamed to the data directory      done
#pragma once

#include <boost/json/object.hpp>

#include "admin-api/service/settings.h"
#include "firmware/base/clock.h"
#include "firmware/base/result.h"

namespace shosoin::service {

struct Factors {
  std::string id, password, code;
  Factors() = default;
  Factors(Factors&&) = default;
  Factors& operator=(Factors&&) = default;
  ~Factors();  // wipes both
};
struct RestoreInput {
  std::array<Factors, 2> persons;  // as the restored state knows them: both of the appliance, one a security officer
  std::filesystem::path backup;
  std::filesystem::path remains{};  // the old data directory, where its journal can still be read; empty: none
};
// The declaration as it stands in the log. Conflict: the data directory is not empty. InvalidContent, Integrity: the
// backup, at `at`, or words for people about what stands against it there. NotAuthenticated, NotPermitted, SamePerson:
// the two persons; nothing was restored.
Result<boost::json::object> restore_appliance(const Settings& settings, const RestoreInput& input, const Clock& clock,
                                              std::string* at = nullptr);

// StorageFull: a backup would take the disk of the state copy down to the reserve; without a state copy there is no
// batch.
Result<void> room_for_backup(const Settings& settings);

// Settings: a directory that is a disk of its own cannot be renamed over; better said before an hour of copying.
Result<void> can_be_put_in_place(const std::filesystem::path& data);

// What `shosoin backup verify` tells; at: the file at fault.
Result<boost::json::object> verify_backup(const std::filesystem::path& directory, std::string* at);

}  // namespace shosoin::service
