// What an erasure's certificate declares and its item of the 廃棄簿 says: who, when, what, on which ground - of no
// subject (DESIGN section 6; domain notes, section 4; E-04, E-07). Any thread.
#pragma once

#include "admin-api/service/records/imports.h"
#include "admin-api/service/retention/erasure_register.h"

namespace shosoin::service {

// Backups that stand where the vault made them, with a note on what they still open.
boost::json::object copies_said(const Parts& parts);

// The service's members of the certificate. `copies` is what copies_said says, read once for a batch.
boost::json::object declaration_of(const erasure::TenantFacts& tenant, const ErasureFacts& facts,
                                   const boost::json::object& retention, const boost::json::object& copies);
boost::json::object rejected_declaration(const erasure::TenantFacts& tenant, std::size_t imports);

Disposal disposal_of(const Parts& parts, const erasure::TenantFacts& tenant, const ErasureFacts& facts,
                     const boost::json::object& retention, const boost::json::object& copies);
struct RejectedRows {  // of one file: rows whose 文字同定 was rejected
  std::string file;
  std::set<RecordId> records;
  std::set<std::string> decided_by;
  boost::json::object executed{};
};
Disposal disposal_of_unidentified(const Parts& parts, const erasure::TenantFacts& tenant, const RejectedRows& rows,
                                  const boost::json::object& retention, const boost::json::object& copies);
struct RemovedImport {
  ImportFacts facts;
  std::uint64_t rows = 0;  // that were staged, and leave
};
Disposal disposal_of_imports(const Parts& parts, const erasure::TenantFacts& tenant,
                             const std::vector<RemovedImport>& imports, const boost::json::object& executed,
                             const boost::json::object& copies);

}  // namespace shosoin::service
