// Whom an import meets again: the newest confirmed version of the subject's record, found by 住民票コード, else - in
// files whose checks ask about subjects - by 宛名番号. What the logic checks of a definition ask
// (files::SubjectLookup), and what a new version follows. One for each import; one thread at a time.
#pragma once

#include "admin-api/service/definitions.h"
#include "admin-api/service/imports.h"
#include "storage/files/row_logic.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

class KnownSubjects {
 public:
  // The definition must outlive it; `definitions` those that confirmed records came under.
  KnownSubjects(const TenantStore& store, const files::Definition& definition, const Definitions& definitions);
  ~KnownSubjects();
  KnownSubjects(const KnownSubjects&) = delete;
  KnownSubjects& operator=(const KnownSubjects&) = delete;

  Result<std::optional<generations::RecordEntry>> find(const files::RecordInput& record);
  // Its values in the order of the definition in use, with the 個人番号, which never leaves the check.
  Result<std::optional<files::SubjectRow>> read(const files::RecordInput& record);

 private:
  Result<std::optional<generations::RecordEntry>> look_up(const Bytes& prefix);
  std::optional<Bytes> prefix_of(const files::RecordInput& record) const;

  const TenantStore& store_;
  const files::Definition& definition_;
  const Definitions& definitions_;
  ConfirmedImports confirmed_;
  bool asked_about_ = false;
  Bytes last_prefix_;  // of the last answer: the check of a row and its taking ask the same
  std::optional<generations::RecordEntry> last_;
};

}  // namespace shosoin::service
