// Working documents (業務文書): what one asked for and another decided - applications for an erasure with their
// reports, changes of a number, holds. Once closed, each is kept for the term of a rule of its own and then erased in a
// batch like a record, by its random id (X-20 データ使用承認願 5年, E-01, E-02, E-03; decision 0069). Any thread.
//
//   closed: an erasure that was rejected, withdrawn, or executed and its report acknowledged, once everything that was
//   left of it is closed too; a change of a number that was decided or removed; a hold that was released.
//   The 廃棄簿 is none of these: it stays when the application does not.
#pragma once

#include "admin-api/service/retention/retention_terms.h"
#include "admin-api/service/retention/ruled_files.h"

namespace shosoin::service {

struct Document {
  RecordId id;
  std::string_view kind;  // "erasure", "number-change", "hold"
  std::string state;      // its own; of an executed erasure "unreported", then "reported"
  std::string about;      // the record file: who may not see it may not see the paper
  bool closed = false;
  std::optional<retention::EventDate> closed_on{};  // none: not closed, or closed before the day was written down
};
// NotFound is an empty optional, also for an erasure of an earlier version that stands in for its item of the 廃棄簿.
Result<std::optional<Document>> find_document(const TenantStore& store, const RecordId& id);

// The day a paper is closed on, as it is written into it; "" while accepted time is not known (decision 0063).
std::string closing_day(Parts& parts);

// NotFound, or Erased, for what is no document of a file granted.
Result<void> check_documents(const TenantStore& store, const std::set<RecordId>& ids, const Grant& grant);
// What is told of the id of a paper that is not there: Erased where a batch took it, else NotFound.
Error missing_document(const TenantStore& store, const RecordId& id);

// As early_refusal of records, and "paper-open" for what is not closed.
Result<std::optional<EarlyRefusal>> early_documents(const TenantStore& store, const std::set<RecordId>& ids,
                                                    std::chrono::year_month_day today, Undetermined undetermined);

// Terms of everything closed by this rule, in changes of a bounded size: new ones, and those that become longer. Stops
// where another rule is adopted meanwhile. Under parts.erasures.
struct SettledDocuments {
  std::uint64_t count = 0, changed = 0;
};
Result<SettledDocuments> settle_documents(Parts& parts, TenantStore& store, const StoredRule& rule);

// What a batch takes away beside their terms, and what certificate and register say of how many they are.
Result<std::vector<Entry>> document_removal(const TenantStore& store, const std::set<RecordId>& ids);
Result<boost::json::object> counted_documents(const TenantStore& store, const std::set<RecordId>& ids);

// InvalidContent: shorter than a year, or counted in a way that has no meaning for a paper.
Result<void> check_document_rule(Context& context, const retention::CountedBy& counted);

}  // namespace shosoin::service
