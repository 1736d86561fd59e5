// The walk over everything stored, for `shosoin storage check` and the scrub. Others read and write meanwhile; only the
// tables of the appliance are looked at while no batch, merge or new tenant is under way.
#include <fcntl.h>

#include <algorithm>
#include <boost/json.hpp>

#include "crypto/canonical_json.h"
#include "firmware/base/disk.h"
#include "firmware/base/limits.h"
#include "firmware/base/limits_examine.h"
#include "storage/erasure/core.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;

std::string place_of(std::string_view table, ByteView key) { return std::string(table) + "/" + to_hex(key); }

// A damaged number stands here as it was found, and may be one that JSON cannot carry exactly (RFC 7493).
json::value code_of(const Error& error) {
  const auto code = error.outside();
  if (code >= -limits::kMaxJsonInteger && code <= limits::kMaxJsonInteger) return code;
  return json::value(to_hex(be(static_cast<std::uint64_t>(code))));
}

Result<void> check_file(const std::filesystem::path& path) {
  TRY(const auto file, disk::open(path, O_RDONLY));
  const auto layout = generations::tenant_layout();
  return engine::check_pages(file.number(), {layout.tables, layout.map_size, {}, {}});
}

}  // namespace

// What is not found any more because its tenant was removed meanwhile is no damage.
void Appliance::Core::examine_tenant(const TenantId& tenant, generations::Examiner& examiner) {
  const auto tell = examiner.fault;
  examiner.fault = [&](const std::string& where, const Error& error) {
    if (error.code() == ErrorCode::NotFound) {
      std::shared_lock lock(table_mutex);
      if (!table.contains(tenant)) return;
    }
    tell(where, error);
  };
  examine_present(tenant, examiner);
  examiner.fault = tell;
}

// A tenant that nobody has opened is opened for the walk alone and closed again.
void Appliance::Core::examine_present(const TenantId& tenant, generations::Examiner& examiner) {
  TenantStore* open = nullptr;
  TableRow row;
  engine::Environment* environment = nullptr;
  std::optional<Error> left_out;
  {
    std::shared_lock lock(table_mutex);  // not held while a fault is told: that may be logged
    if (const auto at = faults.find(tenant); at != faults.end()) left_out = at->second;
    if (const auto at = stores.find(tenant); at != stores.end()) open = at->second.get();
    if (const auto at = environments.find(tenant); at != environments.end()) environment = at->second.get();
    const auto known = table.find(tenant);
    if (known == table.end()) return;  // removed meanwhile
    row = known->second;
  }
  if (left_out) {
    const auto sound = check_file(directory_of(tenant) / "data.mdb");
    return sound ? examiner.fault("environment", *left_out)
                 : examiner.fault("data.mdb, page " + std::to_string(sound.error().outside()), sound.error());
  }
  if (open != nullptr) return open->examine(examiner);
  if (environment == nullptr)
    return examiner.fault("data.mdb", {ErrorCode::Integrity, "find the environment of a tenant"});
  const auto opened = [&]() -> Result<std::unique_ptr<TenantStore>> {
    TRY(auto seal, tenant_seal(tenant));
    TRY(auto key, unwrap_tenant_key(seal, row));
    return TenantStore::open(*environment, tenant, {std::move(key), row.gid}, *journal, *clock);
  }();
  if (!opened) return examiner.fault("environment", opened.error());
  opened.value()->examine(examiner);
}

void Appliance::Core::examine_evidence(const engine::ReadTransaction& transaction,
                                       generations::Examiner& examiner) const {
  const auto last = certified ? state.epoch : state.epoch - 1;
  const auto from = generations::get_plain(transaction, generations::kMeta, generations::name_key("evidence-from"));
  if (!from) return examiner.fault("meta", from.error());
  const bool from_copy = from.value() && from.value()->size() == 8;
  const auto first = from_copy ? std::max<std::uint64_t>(from_be<std::uint64_t>(from.value()->first<8>()), 1) : 1;
  for (std::uint64_t epoch = first; epoch <= last && examiner.go_on(); ++epoch) {
    const auto where = "evidence/" + std::to_string(epoch);
    const auto stored = generations::get_plain(transaction, generations::kEvidence, epoch_key(epoch));
    if (!stored) {
      examiner.fault(where, stored.error());
      continue;
    }
    if (!stored.value()) {
      examiner.fault(where, {ErrorCode::Integrity, "find the evidence of a certified epoch"});
      continue;
    }
    const auto evidence = decode_evidence(*stored.value());
    const auto manifest = evidence ? decode_manifest(evidence.value().manifest) : Result<Manifest>(evidence.error());
    const bool fits = manifest && manifest.value().epoch == epoch &&
                      next_chain(evidence.value().x_previous, manifest_digest(evidence.value().manifest)) ==
                          evidence.value().x_current;
    if (!fits) examiner.fault(where, {ErrorCode::Integrity, "match the evidence of an epoch with its manifest"});
  }
}

void Appliance::Core::examine_appliance(generations::Examiner& examiner) {
  std::unique_lock work(work_mutex);
  std::shared_lock lock(table_mutex);
  auto reading = appliance().read();
  if (!reading) return examiner.fault("data.mdb", reading.error());
  const auto& transaction = *reading.value();
  const auto stored = generations::get_plain(transaction, generations::kEpoch, generations::name_key("current"));
  if (!stored || !stored.value() || !equal(*stored.value(), encode_epoch_state(state)))
    examiner.fault("epoch/current",
                   {ErrorCode::Integrity, "find the state of the present epoch as it was read at start"});
  for (const auto& [tenant, row] : table) {
    const auto key = table_key(state.epoch, tenant);
    const auto box = transaction.get(generations::kTenants, key);
    const auto opened = !box          ? Result<TableRow>(box.error())
                        : box.value() ? open_table_row(*root, state.epoch, tenant, *box.value())
                                      : Error{ErrorCode::Integrity, "find the row of a tenant in the tenant table"};
    if (!opened) {
      examiner.fault(place_of("tenants", key), opened.error());
    } else if (opened.value().gid != row.gid) {
      examiner.fault(place_of("tenants", key), {ErrorCode::Integrity, "find the row of a tenant as it was left"});
    }
  }
  examine_evidence(transaction, examiner);
  auto scanned = transaction.scan(generations::kCleanup, {}, [&](ByteView key, ByteView value) {
    if (const auto opened = generations::open_plain(generations::kCleanup, key, value); !opened)
      examiner.fault(place_of("cleanup", key), opened.error());
    return examiner.go_on();
  });
  if (!scanned) examiner.fault("cleanup", scanned.error());
  const auto copy = read_state_copy(places.state_copy, state);
  if (!copy) {
    examiner.fault("state copy", copy.error());
  } else {
    for (const auto& generation : copy.value().generations) {
      if (!examiner.go_on()) break;
      const auto whole = each_stored(generation, [&](auto, auto, ByteView boxed) -> Result<void> {
        examiner.pace(boxed.size());
        return success();
      });
      if (!whole) examiner.fault("state copy/" + file_name(generation.tenant, generation.gid), whole.error());
    }
    for (const auto& [key, box] : copy.value().table) {
      const auto tenant = key.size() == 24 ? TenantId::from(ByteView(key).subspan(8)) : TenantId::from({});
      if (!tenant || !open_table_row(*root, state.epoch, tenant.value(), box))
        examiner.fault(place_of("state copy/tenants", key), {ErrorCode::Integrity, "open a row of the state copy"});
    }
  }
}

// Lines of a month that ended at its term cannot be read and are no damage; without a key that an erasure explains they are
// (L-15). Of a tenant that nobody has opened nothing can be said.
void Appliance::Core::examine_month(const journal::Draft& draft, generations::Examiner& examiner) const {
  const auto* store = open_already(draft.tenant);
  if (store == nullptr) return;
  const auto key = store->key_of_frame(draft.month_key);
  if (!key && key.error().code() != ErrorCode::NotFound) {  // a tenant that was removed meanwhile
    examiner.fault("journal, from line " + std::to_string(draft.line), key.error());
  }
}

generations::Examiner Appliance::inspect(const Inspection& inspection) {
  TenantId at = kAppliance;
  generations::Examiner examiner;
  examiner.fault = [&](const std::string& where, const Error& error) { inspection.fault(at, where, error); };
  examiner.pace = inspection.pace;
  examiner.go_on = inspection.go_on;
  std::vector<TenantId> tenants;
  {
    std::shared_lock lock(core_->table_mutex);
    for (const auto& [tenant, row] : core_->table) tenants.push_back(tenant);
  }
  core_->examine_appliance(examiner);
  for (const auto& tenant : tenants) {
    if (!examiner.go_on()) break;
    at = tenant;
    core_->examine_tenant(tenant, examiner);
  }
  at = kAppliance;
  if (!examiner.go_on()) return examiner;
  std::map<TenantId, std::set<MonthKeyId>> months;  // looked at: one fault for each that is missing
  auto walked = core_->journal->walk([&](const journal::Frame& frame) {
    ++examiner.frames;
    if (months[frame.draft.tenant].insert(frame.draft.month_key).second) {
      at = frame.draft.tenant;
      core_->examine_month(frame.draft, examiner);
      at = kAppliance;
    }
    examiner.pace(frame.draft.boxed_entry.size());
    return examiner.go_on();
  });
  if (!walked) examiner.fault("journal/" + std::to_string(walked.error().outside()), walked.error());
  return examiner;
}

Result<std::string> Appliance::check_storage() {
  json::array faults;
  std::uint64_t count = 0;
  std::optional<Error> starved;
  const auto seen =
      inspect({[&](const TenantId& tenant, const std::string& where, const Error& error) {
                 if (error.code() == ErrorCode::OutOfMemory) starved = error;
                 if (++count > limits::kMaxFaultsTold) return;
                 faults.push_back(json::object{
                     {"tenant", tenant.hex()}, {"where", where}, {"what", error.doing()}, {"code", code_of(error)}});
               },
               [](std::uint64_t) {}, [] { return true; }});
  if (starved) return *starved;
  return crypto::canonical_json(json::object{{"sound", count == 0},
                                             {"faultCount", count},
                                             {"pages", seen.pages},
                                             {"blocks", seen.blocks},
                                             {"entries", seen.entries},
                                             {"deltaRows", seen.delta_rows},
                                             {"records", seen.records},
                                             {"rows", seen.rows},
                                             {"journalFrames", seen.frames},
                                             {"faults", std::move(faults)}});
}

}  // namespace shosoin::erasure
