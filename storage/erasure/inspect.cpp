// What can be asked of the appliance without changing it: certificates and the walk over everything stored.
#include <boost/json.hpp>

#include "crypto/canonical_json.h"
#include "storage/erasure/certificate.h"
#include "storage/erasure/core.h"
#include "storage/generations/records_entry.h"

namespace shosoin::erasure {
namespace {

namespace json = boost::json;
constexpr std::string_view kSigningKeyName = "certificates";
constexpr std::size_t kMaxFaults = 1000;

struct Walk {
  json::array faults;
  std::int64_t entries = 0, records = 0, rows = 0;
  std::optional<Error> starved;  // a walk that found no memory has found no damage: it is refused, not told
  void fault(const TenantId& tenant, std::string_view where, const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory) starved = error;
    if (faults.size() < kMaxFaults) {
      faults.push_back(json::object{{"tenant", tenant.hex()}, {"where", where}, {"what", error.doing()}, {"code", error.outside()}});
    }
  }
};

// Every block opens, every record's rows are there and open.
Result<void> walk_store(TenantStore& store, Walk& walk) {
  std::vector<generations::RecordEntry> places;
  for (std::uint16_t table = 1; table <= static_cast<std::uint16_t>(generations::TableId::Certificates); ++table) {
    Result<void> read = success();
    TRY(store.scan(static_cast<generations::TableId>(table), {}, [&](const Entry& entry) {
      ++walk.entries;
      if (entry.key.table != generations::TableId::Records) return true;
      auto place = generations::decode_record_entry(*entry.value);
      if (!place) {
        read = place.error();
        return false;
      }
      places.push_back(std::move(place.value()));
      return true;
    }));
    TRY(std::move(read));
  }
  for (const auto& place : places) {
    ++walk.records;
    for (const auto* row : {&place.record, &place.number}) {
      if (row->id == RowId{}) continue;
      ++walk.rows;
      if (auto opened = store.read_row(row->id, row->key); !opened) walk.fault(store.tenant(), row->id.hex(), opened.error());
    }
  }
  return success();
}

}  // namespace

Result<std::string> Appliance::check_storage() {
  std::unique_lock work(core_->work_mutex);
  Walk walk;
  for (const auto& [tenant, row] : core_->table) {
    auto store = tenant == kAppliance ? Result<TenantStore*>(&core_->zero()) : core_->open_store(tenant);
    if (!store) {
      walk.fault(tenant, "environment", store.error());
      continue;
    }
    if (auto walked = walk_store(*store.value(), walk); !walked) walk.fault(tenant, "generation", walked.error());
  }
  std::int64_t frames = 0;
  auto journal = core_->journal->walk([&](const journal::Frame&) {
    ++frames;
    return true;
  });
  if (!journal) walk.fault(kAppliance, "journal", journal.error());
  if (walk.starved) return *walk.starved;
  const bool sound = walk.faults.empty();
  return crypto::canonical_json(json::object{{"sound", sound},
                                             {"entries", walk.entries},
                                             {"records", walk.records},
                                             {"rows", walk.rows},
                                             {"journalFrames", frames},
                                             {"faults", std::move(walk.faults)}});
}

Result<std::string> Appliance::serial_of(std::uint64_t epoch, std::uint32_t index) const {
  TRY(auto reading, core_->appliance().read());
  TRY(auto stored, reading->get(generations::kEvidence, epoch_key(epoch)));
  if (!stored) return Error{ErrorCode::Conflict, "find the evidence of an epoch: it is not proven yet"};
  TRY(auto evidence, decode_evidence(*stored));
  return certificate_serial(evidence.manifest, index);
}

Result<std::string> Appliance::certificate(const TenantId& tenant, std::string_view serial) {
  TRY(auto stored, zero().get({generations::TableId::Certificates, copy_of(view_of(serial))}));
  if (!stored) return Error{ErrorCode::NotFound, "find a certificate"};
  TRY(auto body, decode_certificate_body(*stored));
  if (body.tenant != tenant) return Error{ErrorCode::NotFound, "find a certificate"};  // another tenant's looks like none
  TRY(auto reading, core_->appliance().read());
  TRY(auto proof, reading->get(generations::kEvidence, epoch_key(body.epoch)));
  if (!proof) return Error{ErrorCode::Conflict, "issue a certificate whose epoch is not proven yet"};
  TRY(auto evidence, decode_evidence(*proof));
  TRY(auto seed, zero().get({generations::TableId::SigningKeys, copy_of(view_of(kSigningKeyName))}));
  if (!seed || seed->size() != SigningSeed::kSize) return Error{ErrorCode::Integrity, "find the signing key of certificates"};
  const auto signing = SigningSeed::copy_from(std::span(*seed).first<SigningSeed::kSize>());
  memory::wipe(*seed);
  return assemble_certificate(body, evidence, core_->anchor->facts().software, {}, signing);
}

}  // namespace shosoin::erasure
