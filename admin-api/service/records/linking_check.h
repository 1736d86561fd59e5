// What the consistency report looks for, bucket by bucket (decision 0056): memory is that of one bucket. Looks only at
// records that are confirmed and of the files named. One thread.
#pragma once

#include <map>
#include <set>

#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/person_numbers.h"
#include "storage/files/bilingual.h"

namespace shosoin::service {

enum class LinkFaultKind : std::uint8_t {
  AddresseeOfTwo,       // one 宛名番号 of a file under two integrated numbers
  TwoAddressees,        // one integrated number with two 宛名番号 of a file
  SeveralNumbers,       // one integrated number with several 個人番号 at present
  NotInOtherFile,       // known in one file and missing in one that must have it
  NumberNotLinked,      // a record's number leads to nobody
  NumberOfAnother,      // a record's number leads to another integrated number
  RecordNotLinked,      // a record that its integrated number does not lead to
  LinkWithoutRecord,    // a link to a record that is not there
  NumberWithoutRecord,  // a number that no record has
};
inline constexpr std::size_t kLinkFaultKinds = 9;
struct LinkFaultRow {
  LinkFaultKind kind;
  std::string_view slug;
  files::Bilingual text;
};
const LinkFaultRow& link_fault_row(LinkFaultKind kind) noexcept;

struct LinkFault {
  LinkFaultKind kind;
  std::string file;
  std::vector<std::string> integrated, addressees;
  std::vector<RecordId> records;  // the first ones
};

class LinkingCheck {
 public:
  enum class Part : std::uint8_t { Persons, Records, Numbers, Histories };
  LinkingCheck(const TenantStore& store, const files::DefinitionSet& definitions, const std::set<std::string>& files)
      : store_(store), definitions_(definitions), files_(files), confirmed_(store) {}
  Result<void> prepare();  // which files the tenant uses
  // Persons: by three digits; Records and Numbers: by the first byte; Histories: by one digit.
  Result<void> look(Part part, unsigned bucket);
  std::uint64_t looked_at() const { return looked_at_; }
  std::uint64_t omitted() const { return omitted_; }
  const std::vector<LinkFault>& faults() const { return faults_; }

 private:
  struct Held {
    RecordId id;
    generations::RecordEntry entry;
  };
  using Records = std::vector<Held>;
  Result<std::vector<Bytes>> keys(TableId table, ByteView prefix);
  Result<std::optional<Held>> visible(const RecordId& id);
  Result<void> look_at_person(const std::string& integrated, const std::vector<RecordId>& ids);
  Result<void> look_at_addressees(const std::string& integrated, const Records& records);
  Result<void> look_at_others_of(const std::string& integrated, const Held& record);
  Result<void> look_at_numbers(const std::string& integrated, const Records& records);
  void look_at_files(const std::string& integrated, const Records& records);
  Result<void> look_at_record(const RecordId& id);
  Result<void> look_at_number(const Bytes& token);
  Result<void> look_at_history(const Bytes& key);
  void tell(LinkFault fault);

  const TenantStore& store_;
  const files::DefinitionSet& definitions_;
  const std::set<std::string>& files_;
  ConfirmedImports confirmed_;
  std::set<std::string> used_;  // files with confirmed imports
  std::vector<LinkFault> faults_;
  std::uint64_t looked_at_ = 0, omitted_ = 0;
};

}  // namespace shosoin::service
