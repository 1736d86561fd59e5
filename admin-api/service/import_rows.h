// From checked rows to encrypted rows and entries: what an import would add, collected while it is received. One thread
// at a time.
#pragma once

#include "admin-api/service/imports.h"
#include "admin-api/service/linking.h"
#include "admin-api/service/row_writer.h"
#include "crypto/row.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

class ImportRows {
 public:
  ImportRows(TenantStore& store, const files::Definition& definition, const RecordId& import, std::uint64_t seq,
             std::shared_ptr<Assignments> open);
  // Encrypts the row and its 個人番号 apart (S-04), and notes the entries. A subject whose 住民票コード already is
  // confirmed in this file is not taken: in this release a change of a record is a correction, not an import. Writes
  // rows ahead in groups.
  Result<void> take(const files::ImportedRow& row);
  Result<void> flush() { return writer_.flush(); }
  void stop() noexcept { writer_.stop(); }  // before its rows are dropped
  generations::EntrySorter& entries() { return writer_.entries(); }  // after flush()
  // For the log: of the rows taken since, as many as one line holds; a full line's worth at once where full says so.
  bool full() const { return addressees_.size() >= limits::kLoggedAddressees; }
  std::vector<std::string> take_addressees();
  std::uint64_t taken() const { return taken_; }
  // Rows that were not taken: the first limits::kMaxImportFindings by number, and how many.
  const std::vector<std::uint64_t>& known_subjects() const { return known_subjects_; }
  std::uint64_t known_subject_count() const { return known_subject_count_; }
  std::uint64_t numbers_written() const { return numbers_written_; }
  const LinkFindings& link_findings() const { return link_findings_; }

 private:
  void add(TableId table, Bytes key, Bytes value);
  Result<bool> is_known(std::string_view resident_record_code);
  void note_search_keys(const files::RecordInput& record, const RecordId& id, const std::string& addressee);
  generations::RowPlace encrypt(ByteView plain);
  std::string value_of(const files::RecordInput& record, files::ItemRole role) const;

  TenantStore& store_;
  const files::Definition& definition_;
  RecordId import_;
  std::uint64_t seq_;
  ConfirmedImports confirmed_;
  Linker linker_;
  LinkFindings link_findings_;
  RowWriter writer_;
  std::vector<std::string> addressees_;
  std::vector<std::uint64_t> known_subjects_;
  std::uint64_t numbers_written_ = 0, taken_ = 0, known_subject_count_ = 0;
};

struct Receiving {
  Receiving(RecordId import, TenantStore& tenant, std::uint64_t seq, const files::Definition& definition,
            files::Importer reader, std::string opener, Instant now, std::shared_ptr<Assignments> open)
      : id(import),
        store(tenant),
        person(std::move(opener)),
        last(now),
        importer(std::move(reader)),
        rows(tenant, definition, import, seq, std::move(open)) {}
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
