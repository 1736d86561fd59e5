// Imports: received in pieces, checked, staged by a merge, and unseen until another person on another terminal confirms
// (promise 7, D-03). What is being received is in memory only: after a restart such an import is abandoned and its rows
// are dropped. Any thread.
//
//   receiving -> refused | publishing -> staged -> confirmed | rejected -> removed (with the next batch);  receiving ->
//   abandoned
#pragma once

#include <boost/json/object.hpp>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "admin-api/service/remembered.h"
#include "storage/files/importer.h"

namespace shosoin::service {

struct Receiving;
class Assignments;

// What an import says about its CSV beside the file: declared, never guessed.
struct ImportForm {
  std::string group;  // key of the table
  files::ImportProfile profile{};
  friend bool operator==(const ImportForm&, const ImportForm&) = default;
};
// The entry of an import in table Imports; JSON, formats 1 and 2 (service/entries.md). Holds no value of any record.
struct ImportFacts {
  RecordId id;
  std::string state, file;
  std::uint64_t seq = 0;     // of the change that opened it: all its row ids begin with it
  boost::json::object told;  // counts, findings, persons and times, as they are shown
  std::string opened_by;
  Fingerprint opened_at{};
  ImportForm form{};
  std::uint64_t versions = 0;  // rows that are later versions of a record: the confirmation settles their terms
};
Result<std::optional<ImportFacts>> find_import(const TenantStore& store, const RecordId& id);
Result<std::vector<ImportFacts>> all_imports(const TenantStore& store);
Entry import_entry(const ImportFacts& facts);
boost::json::object shown(const ImportFacts& facts);

// The table of the file; the first one where an entry of format 1 names none. NotFound: the definition has no such
// table.
Result<std::size_t> group_of(const files::Definition& definition, const ImportForm& form);
constexpr std::string_view kMojiJoho = "Moji_Joho", kNoCollection = "none";  // names of declared IVS collections

// Which imports of a tenant are confirmed, looked up once each; with a memory, once for all requests.
class ConfirmedImports {
 public:
  explicit ConfirmedImports(const TenantStore& store, Remembered<bool>* memory = nullptr)
      : store_(store), memory_(memory) {}
  Result<bool> contains(const RecordId& import);

 private:
  Result<bool> look_up(const RecordId& import) const;
  const TenantStore& store_;
  Remembered<bool>* memory_;
  std::map<RecordId, bool> known_;
};

class Imports {
 public:
  explicit Imports(const Clock& clock);
  ~Imports();
  Result<void> abandon_unfinished(TenantStore& store);  // at the first opening of a tenant
  // A client that went away (limits::kImportIdle), and a request that ran out of memory in the middle: abandoned.
  // Between begin_round and end_round every open tenant's turn comes.
  void begin_round();
  Result<void> lapse(TenantStore& store);
  void end_round();
  Result<void> abandon(TenantStore& store, ImportFacts facts);  // its rows go, its entry says so
  // An import is taken, or claimed where nothing of it is in memory, while one request works on it; a second request
  // meanwhile is a Conflict. The slot is given back by put or done, not before what was decided is durable.
  Result<void> claim(const RecordId& id);  // TooMany
  Result<std::unique_ptr<Receiving>> take(const TenantId& tenant, const RecordId& id);
  void put(std::unique_ptr<Receiving> receiving);             // into its slot
  std::optional<std::uint64_t> received(const RecordId& id);  // bytes so far; none where nothing of it is in memory
  void done(const RecordId& id);
  // What the open imports of this tenant have linked so far; one for all of them.
  std::shared_ptr<Assignments> assignments(const TenantId& tenant);
  void leave_stray(const RecordId& id) noexcept;  // its holder cannot say how far it came; the next round abandons it
  // After an error, by the holder of the slot: what is still receiving or publishing is abandoned, so that nothing
  // waits for an import nobody works on.
  Result<void> give_up(TenantStore& store, const RecordId& id);

 private:
  const Clock& clock_;
  std::mutex mutex_;
  enum class Stray : std::uint8_t { No, Found, ThisRound };
  struct Slot {
    std::unique_ptr<Receiving> receiving;  // null while taken
    Stray stray = Stray::No;
  };
  std::map<RecordId, Slot> receiving_;
  std::map<TenantId, std::weak_ptr<Assignments>> assignments_;
};

// The slot of an import for one request: given back at the end; left as a stray where memory ran out in between.
class HeldSlot {
 public:
  HeldSlot(Imports& imports, const RecordId& id)
      : imports_(imports), id_(id), exceptions_(std::uncaught_exceptions()) {}
  HeldSlot(const HeldSlot&) = delete;
  HeldSlot& operator=(const HeldSlot&) = delete;
  ~HeldSlot() {
    if (!held_) return;
    if (std::uncaught_exceptions() > exceptions_) {
      imports_.leave_stray(id_);
    } else {
      imports_.done(id_);
    }
  }
  void put(std::unique_ptr<Receiving> receiving);
  void leave() noexcept {  // what is given up could not be written down: the next round tries again
    held_ = false;
    imports_.leave_stray(id_);
  }
  const RecordId& id() const noexcept { return id_; }

 private:
  Imports& imports_;
  RecordId id_;
  int exceptions_;
  bool held_ = true;
};

}  // namespace shosoin::service
