#include "tests/bench/world.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "admin-api/service/records/import_rows.h"
#include "crypto/signature.h"
#include "firmware/base/log.h"
#include "hardware/tpm/boot_approval.h"
#include "storage/files/synthetic.h"
#include "tests/support/test_appliance.h"

namespace shosoin::bench {
namespace {

using generations::Change;
using service::Entry;

template <class T>
T must(Result<T> result) {
  if (!result) oplog::failure("the benchmark cannot go on", result.error());
  ENSURE(result);
  if constexpr (!std::is_void_v<T>) return std::move(result.value());
}

generations::LogEntry line(std::string_view what) { return {false, R"({"operation":")" + std::string(what) + R"("})"}; }

std::string random_bytes(std::size_t size) {
  std::string out(size, '\0');
  fill_random(std::span(reinterpret_cast<std::uint8_t*>(out.data()), out.size()));
  return out;
}

Digest digest_of(std::string_view bytes) {
  Digest out{};
  std::copy_n(bytes.begin(), out.size(), out.begin());
  return out;
}

service::Settings settings_in(const std::filesystem::path& place, const test::Swtpm& tpm) {
  const auto signer = test::make_p256_pem();
  std::ofstream(place / "signer.pem") << crypto::p256_public_to_pem(must(crypto::p256_public_from_pem(signer)));
  std::ofstream(place / "approvals.json") << tpm::encode_boot_trust(test::approve_present_boot(tpm.tcti(), signer));
  service::Settings settings;
  settings.data_directory = place / "data";
  settings.state_copy_directory = place / "state-copy";
  settings.gate_socket = place / "gate.sock";
  settings.admin_socket = place / "admin.sock";
  settings.tcti = tpm.tcti();
  settings.auth_file = place / "tpm-auth";
  settings.signer_public_key = place / "signer.pem";
  settings.boot_approvals = place / "approvals.json";
  settings.idle = settings.absolute = std::chrono::hours{8};
  return settings;
}

service::OfficerInput officer(int number) {
  service::OfficerInput input;
  input.id = "officer-" + std::to_string(number) + "a";
  input.name = "架空 守" + std::to_string(number);
  input.section = "情報政策課";
  input.staff_number = "S" + std::to_string(number);
  input.password = "Kigi-no-" + to_hex(view_of(random_bytes(8)));
  input.totp_secret = copy_of(view_of(random_bytes(20)));
  return input;
}

}  // namespace

World::World(const Sizes& sizes, const std::vector<Digest>& terminals) : settings_(settings_in(sizes.directory, tpm_)) {
  service::InitInput input;
  input.officers = {officer(1), officer(2)};
  input.share_directory = sizes.directory / "shares";
  must(service::initialise_appliance(settings_, input, clock_));
  definitions_ = must(files::DefinitionSet::embedded());
  opened_ = must(service::open_appliance(settings_, clock_));
  must(opened_.appliance->zero().ensure_log_keys());
  service_ =
      std::make_unique<service::Service>(*opened_.appliance, settings_, clock_, *definitions_, opened_.installation);
  cities_.resize(sizes.tenants);
  for (std::size_t i = 0; i < cities_.size(); ++i) {
    char digits[8];
    std::snprintf(digits, sizeof digits, "13%03u", static_cast<unsigned>(200 + i));
    cities_[i].code = std::string(must(files::LocalGovernmentCode::from_five_digits(digits)).text());
    settle(cities_[i], i, i == 0 ? sizes.seats : 1, i == 0 ? terminals : std::vector<Digest>{});
    const auto share = sizes.others != 0 ? sizes.others : sizes.records / std::max<std::size_t>(1, sizes.tenants - 1);
    fill(cities_[i], i == 0 ? sizes.records : std::max<std::size_t>(1, share), 7 + i);
  }
  // People, terminals and sessions as they stand after a night's merge: in the snapshot, not all in the delta.
  must(opened_.appliance->merge(opened_.appliance->zero(), {}));
}
World::~World() = default;

void World::settle(City& city, std::size_t number, std::size_t seats, const std::vector<Digest>& terminals) {
  auto& parts = service_->parts();
  const auto facts =
      must(opened_.appliance->create_tenant(city.code, "計測市" + std::to_string(number), {}, line("tenant-create")));
  parts.tenants.refresh();
  auto* store = must(parts.tenants.open(facts.id));
  std::vector<Entry> of_zero, of_tenant;
  for (std::size_t i = 0; i < seats; ++i) {
    Seat seat{city.code, {}, random_bytes(32)};
    const auto terminal = i < terminals.size() ? terminals[i] : digest_of(random_bytes(32));
    seat.terminal = std::string(text_of(terminal));
    service::Person person;
    person.id = "clerk-" + std::to_string(number) + "-" + std::to_string(i) + "x";
    person.name = "架空 " + person.id;
    person.section = "市民課";
    person.staff_number = "N-" + person.id;
    person.tenant = facts.id;
    person.password_hash = std::string(97, '$');  // nobody logs in
    person.totp = service::TotpBytes(Bytes(20, 1));
    of_zero.push_back(service::person_entry(person));
    of_zero.push_back({service::terminal_key(terminal), service::encode_terminal({terminal, "窓口" + std::to_string(i),
                                                                                  facts.id, false, clock_.now()})});
    of_zero.push_back(parts.sessions.entry_for(
        {service::Sessions::id_of(view_of(seat.token)), {person.id, terminal, clock_.now(), clock_.now()}}));
    const auto grant = must(service::parse_grant(
        service::Role::Operator,
        "retrieve,viewIndividualNumber,import,requestErasure,file:" + std::string(kFile) + ",file:jumin-kihon-daicho"));
    of_tenant.push_back({service::grant_key(person.id), service::encode_grant(grant)});
    city.seats.push_back(std::move(seat));
  }
  must(opened_.appliance->zero().change([&](std::uint64_t) -> Result<Change> {
    return Change{of_zero, {}, {}, line("people-add")};
  }));
  must(store->change([&](std::uint64_t) -> Result<Change> { return Change{of_tenant, {}, {}, line("grants-add")}; }));
}

// The importer, the encryption and the merge of a real import; only requests and confirmation are left out.
void World::fill(City& city, std::size_t records, std::uint64_t seed) {
  auto& parts = service_->parts();
  const auto tenant = parts.tenants.by_code(city.code);
  auto* store = must(parts.tenants.open(tenant->id));
  const auto& definition = *definitions_->find(kFile);
  service::ImportFacts facts{RecordId::random(), "confirmed", std::string(kFile), 0, {}, "nobody", {}};
  must(store->change([&](std::uint64_t seq) -> Result<Change> {
    facts.seq = seq;
    return Change{{}, {}, {}, line("import-open")};
  }));
  service::ImportRows rows(*store, {definition, 0, {}}, parts.definitions, facts.id, facts.seq,
                           std::make_shared<service::Assignments>());
  const auto take = [&](const files::ImportedRow& row) { return rows.take(row); };
  const auto code = must(files::LocalGovernmentCode::parse(city.code));
  auto importer = must(files::Importer::create(definition, code, {}));
  must(files::write_synthetic_people(definition, {code, records, seed},
                                     [&](std::string_view text) { return importer.feed(view_of(text), take); }));
  const auto report = must(importer.finish(take));
  ENSURE(report.verdict == files::Verdict::Accepted);
  must(rows.flush());
  {
    auto source = must(rows.entries().sorted());
    for (auto entry = must(source->next()); entry; entry = must(source->next())) {
      if (entry->key.table != generations::TableId::Records) break;  // they come first
      const auto record = must(generations::decode_record_entry(*entry->value));
      city.people.push_back({must(RecordId::from(entry->key.bytes)), record.addressee});
    }
  }
  ENSURE(!city.people.empty());
  auto source = must(rows.entries().sorted());
  must(opened_.appliance->merge(*store, *source, {service::import_entry(facts)}));
}

void World::confirm(const RecordId& import) {
  auto* store = must(service_->parts().tenants.open(service_->parts().tenants.by_code(cities_[0].code)->id));
  auto facts = must(service::find_import(*store, import));
  facts->state = "confirmed";
  must(store->change([&](std::uint64_t) -> Result<Change> {
    return Change{{service::import_entry(*facts)}, {}, {}, line("import-decide")};
  }));
}

std::vector<std::filesystem::path> World::environments(std::size_t tenants) const {
  std::vector<std::filesystem::path> files;
  for (std::size_t i = 0; i < std::min(tenants, cities_.size()); ++i) {
    const auto id = service_->parts().tenants.by_code(cities_[i].code)->id;
    files.push_back(settings_.data_directory / "tenants" / id.hex() / "data.mdb");
  }
  return files;
}

World::Stored World::stored() const {
  auto* store = must(service_->parts().tenants.open(service_->parts().tenants.by_code(cities_[0].code)->id));
  return {must(store->rows_stored()), store->summary().blocks};
}

}  // namespace shosoin::bench
