// From checked rows to encrypted rows and entries: what an import would add, collected while it is received. One thread
// at a time.
#pragma once

#include "admin-api/service/records/conversions.h"
#include "admin-api/service/records/import_target.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/known_subjects.h"
#include "admin-api/service/records/linking.h"
#include "admin-api/service/records/row_writer.h"
#include "admin-api/service/retention/retention_terms.h"
#include "crypto/row.h"
#include "firmware/base/limits.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

class ImportRows {
 public:
  // definitions: those that confirmed records came under.
  ImportRows(TenantStore& store, ImportTarget target, const Definitions& definitions, const RecordId& import,
             std::uint64_t seq, std::shared_ptr<Assignments> open);
  // Encrypts the row and its 個人番号 apart (S-04), and notes the entries. In a table of one row per person a subject
  // that is already confirmed is taken only as a change that a logic check of the definition let pass (D-11): a new
  // version of the record, beside the earlier ones. A row that waits for 文字同定 is kept with its bytes as they came.
  // Writes rows ahead in groups.
  Result<void> take(const files::ImportedRow& row);
  void note(const files::Finding& conversion) { conversions_.add(conversion); }  // for the 変換記録, before its row
  Result<void> flush() { return writer_.flush(); }                   // everything is written when it returns
  void stop() noexcept { writer_.stop(); }                           // before its rows are dropped
  // The adopted rule of the file: each row gets its term by it (E-01). None: nothing expires.
  void keep_by(std::optional<StoredRule> rule) { rule_ = std::move(rule); }
  std::uint16_t kept_by() const { return rule_ ? rule_->counted.version : std::uint16_t{0}; }
  generations::EntrySorter& entries() { return writer_.entries(); }  // after flush()
  // For the log: addressee numbers of the rows taken since, as many as one line holds, and whether that many wait.
  std::vector<std::string> take_addressees();
  bool has_full_line() const { return addressees_.size() >= limits::kLoggedAddressees; }
  // Rows that were not taken: the first limits::kMaxImportFindings by number, and how many.
  const std::vector<std::uint64_t>& known_subjects() const { return known_subjects_; }
  std::uint64_t known_subject_count() const { return known_subject_count_; }
  std::uint64_t numbers_written() const { return numbers_written_; }
  std::uint64_t versions() const { return versions_; }  // rows taken as later versions of a record
  const LinkFindings& link_findings() const { return link_findings_; }
  KnownSubjects& subjects() { return subjects_; }

 private:
  void add(TableId table, Bytes key, Bytes value);
  using Known = std::optional<generations::RecordEntry>;  // the version before
  Result<bool> follow(const files::ImportedRow& row, const Known& known, generations::RecordEntry& entry);
  void note_person(const RecordId& id, const generations::RecordEntry& entry);
  void note_term(const files::ImportedRow& row, const RecordId& id);
  Result<void> note_waiting(const files::ImportedRow& row, const RecordId& id, generations::RecordEntry& entry);
  generations::RowPlace encrypt(ByteView plain);

  TenantStore& store_;
  ImportTarget target_;
  RecordId import_;
  std::uint64_t seq_;
  KnownSubjects subjects_;
  Linker linker_;
  RowConversions conversions_;
  LinkFindings link_findings_;
  std::optional<StoredRule> rule_;
  RowWriter writer_;
  std::vector<std::string> addressees_;
  std::string last_addressee_;
  std::vector<std::uint64_t> known_subjects_;
  std::uint64_t numbers_written_ = 0, known_subject_count_ = 0, versions_ = 0;
};

struct Receiving {
  Receiving(RecordId import, TenantStore& tenant, std::uint64_t seq, ImportTarget target,
            const Definitions& definitions, files::Importer reader, std::string opener, Instant now,
            std::shared_ptr<Assignments> open)
      : id(import),
        store(tenant),
        person(std::move(opener)),
        last(now),
        importer(std::move(reader)),
        rows(tenant, target, definitions, import, seq, std::move(open)) {
    importer.note_conversions([this](const files::Finding& conversion) { rows.note(conversion); });
    importer.look_up_subjects([this](const files::RecordInput& record) { return rows.subjects().read(record); });
  }
  Receiving(const Receiving&) = delete;
  Receiving& operator=(const Receiving&) = delete;
  RecordId id;
  TenantStore& store;
  std::string person;
  Instant last;
  std::uint64_t received = 0;
  bool broken = false;  // the file as a whole is refused; the rest is only counted
  files::Importer importer;
  ImportRows rows;
};

}  // namespace shosoin::service
