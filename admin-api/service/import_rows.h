// From checked rows to encrypted rows and entries: what an import would add, collected while it is received. One thread
// at a time.
#pragma once

#include "admin-api/service/conversions.h"
#include "admin-api/service/imports.h"
#include "admin-api/service/linking.h"
#include "crypto/row.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

// The table that an import fills, and what the sender has declared about its characters.
struct ImportTarget {
  const files::Definition& definition;
  std::size_t group = 0;
  files::CharacterProfile characters{};
  const files::Group& table() const { return definition.groups()[group]; }
};

class ImportRows {
 public:
  ImportRows(TenantStore& store, ImportTarget target, const RecordId& import, std::uint64_t seq,
             std::shared_ptr<Assignments> open);
  // Encrypts the row and its 個人番号 apart (S-04), and notes the entries. In a table of one row per person a subject
  // that is already confirmed is not taken: in this release a change of a record is a correction, not an import. A row
  // that waits for 文字同定 is kept with its bytes as they came. Writes rows ahead in groups.
  Result<void> take(const files::ImportedRow& row);
  void note(const files::Finding& conversion);  // for the 変換記録
  Result<void> flush();
  std::vector<Entry> take_entries();
  const std::vector<std::string>& addressees() const { return addressees_; }  // for the log
  const std::vector<std::uint64_t>& known_subjects() const {
    return known_subjects_;
  }  // row numbers that were not taken
  std::uint64_t numbers_written() const { return numbers_written_; }
  const LinkFindings& link_findings() const { return link_findings_; }

 private:
  void add(TableId table, Bytes key, Bytes value);
  Result<bool> is_known(const files::RecordInput& record);
  Result<void> note_person(const files::ImportedRow& row, const RecordId& id, generations::RecordEntry& entry);
  Result<void> note_waiting(const files::ImportedRow& row, const RecordId& id, generations::RecordEntry& entry);
  generations::RowPlace encrypt(ByteView plain);

  TenantStore& store_;
  ImportTarget target_;
  RecordId import_;
  std::uint64_t seq_;
  ConfirmedImports confirmed_;
  Linker linker_;
  ConversionParts conversions_;
  LinkFindings link_findings_;
  std::vector<Entry> entries_;
  std::vector<generations::NewRow> rows_;
  std::vector<std::string> addressees_;
  std::vector<std::uint64_t> known_subjects_;
  std::uint64_t numbers_written_ = 0;
};

struct Receiving {
  Receiving(RecordId import, TenantStore& tenant, std::uint64_t seq, ImportTarget target, files::Importer reader,
            std::string opener, Instant now, std::shared_ptr<Assignments> open)
      : id(import),
        store(tenant),
        person(std::move(opener)),
        last(now),
        importer(std::move(reader)),
        rows(tenant, target, import, seq, std::move(open)) {
    importer.note_conversions([this](const files::Finding& conversion) { rows.note(conversion); });
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
