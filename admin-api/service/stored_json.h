// Entries that hold a JSON object: their members, and all entries of a kind. Any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "admin-api/service/context.h"

namespace shosoin::service {

// Where the member is absent or of another type: "", an empty object, -1.
std::string text_member(const boost::json::object& object, std::string_view name);
boost::json::object object_member(const boost::json::object& object, std::string_view name);
std::int64_t number_member(const boost::json::object& object, std::string_view name);

// The object of an entry whose member "format" is `format`; Integrity with `reading` for everything else.
Result<boost::json::object> stored_object(ByteView value, int format, Literal reading);

// The first byte of the key. TenantRemoval stands in tenant zero, under the tenant's id.
enum class ApprovalKind : std::uint8_t { Erasure = 1, NumberChange = 2, TenantRemoval = 10 };
EntryKey approval_key(ApprovalKind kind, const RecordId& id);

// What stands under `prefix` in order of the keys, at most `most`; an error of `read` ends it.
template <class Facts, class Read>
Result<std::vector<Facts>> all_stored(const TenantStore& store, TableId table, const Bytes& prefix, std::size_t most,
                                      Read read) {
  std::vector<Facts> out;
  Result<void> all = success();
  TRY(store.scan(table, prefix, [&](const Entry& entry) {
    Result<Facts> facts = read(entry.key, *entry.value);
    if (!facts) {
      all = facts.error();
      return false;
    }
    out.push_back(std::move(facts.value()));
    return out.size() < most;
  }));
  TRY(std::move(all));
  return out;
}
// The requests of one kind in order of their ids.
template <class Facts, class Read>
Result<std::vector<Facts>> all_approvals(const TenantStore& store, ApprovalKind kind, std::size_t most, Read read) {
  return all_stored<Facts>(store, TableId::Approvals, Bytes{static_cast<std::uint8_t>(kind)}, most, read);
}

}  // namespace shosoin::service
