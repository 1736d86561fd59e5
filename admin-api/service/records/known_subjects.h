// Whom an import meets again: the newest confirmed version of the subject's row in one table of one row per person
// (subject_key in record_keys.h). What the logic checks of a definition ask (files::SubjectLookup), and what a new
// version follows. One for each import; one thread at a time.
#pragma once

#include "admin-api/service/records/definitions.h"
#include "admin-api/service/records/import_target.h"
#include "admin-api/service/records/imports.h"
#include "storage/files/row_logic.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

class KnownSubjects {
 public:
  // `definitions`: those that confirmed records came under.
  KnownSubjects(const TenantStore& store, ImportTarget target, const Definitions& definitions)
      : store_(store), target_(target), definitions_(definitions), confirmed_(store) {}
  ~KnownSubjects() { memory::wipe(last_key_); }
  KnownSubjects(const KnownSubjects&) = delete;
  KnownSubjects& operator=(const KnownSubjects&) = delete;

  Result<std::optional<generations::RecordEntry>> find(const files::RecordInput& record);
  // Its values in the order of the definition in use, with the 個人番号, which never leaves the check.
  Result<std::optional<files::SubjectRow>> read(const files::RecordInput& record);

 private:
  Result<files::SubjectRow> row_of(ByteView plain) const;

  const TenantStore& store_;
  ImportTarget target_;
  const Definitions& definitions_;
  ConfirmedImports confirmed_;
  Bytes last_key_;  // of the last answer: the check of a row and its taking ask the same
  std::optional<generations::RecordEntry> last_;
};

}  // namespace shosoin::service
