#include "tests/admin-api/service/service_world.h"

#include <gtest/gtest.h>

#include <fstream>

#include "admin-api/service/retention/retention_terms.h"
#include "crypto/totp.h"
#include "firmware/base/log.h"
#include "firmware/base/power.h"
#include "hardware/tpm/boot_approval.h"
#include "storage/files/synthetic.h"
#include "tests/support/test_appliance.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;

void write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  ENSURE(out.good());
}

}  // namespace

std::string Told::member(std::string_view name) const {
  const auto* value = body.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Human make_human(const std::string& id) {
  Human human{id, "Kigi-no-" + id + "-Ha-83", Bytes(20), 0, {}, {}};
  fill_random(human.totp);
  return human;
}

service::OfficerInput officer_input(const Human& human, int number) {
  service::OfficerInput input;
  input.id = human.id;
  input.name = "架空 守" + std::to_string(number);
  input.section = "情報政策課";
  input.staff_number = "S" + std::to_string(number);
  input.password = human.password;
  input.totp_secret = human.totp;
  return input;
}

service::Settings settings_in(const std::filesystem::path& place, const Swtpm& tpm) {
  const auto signer = make_p256_pem();
  write_text(place / "signer.pem", crypto::p256_public_to_pem(crypto::p256_public_from_pem(signer).value()));
  write_text(place / "approvals.json", tpm::encode_boot_trust(approve_present_boot(tpm.tcti(), signer)));
  service::Settings settings;
  settings.data_directory = place / "data";
  settings.state_copy_directory = place / "state-copy";
  settings.gate_socket = place / "gate.sock";
  settings.admin_socket = place / "admin.sock";
  settings.tcti = tpm.tcti();
  settings.auth_file = place / "tpm-auth";
  settings.signer_public_key = place / "signer.pem";
  settings.boot_approvals = place / "approvals.json";
  return settings;
}

ServiceWorld::ServiceWorld(files::DefinitionSet definitions)
    : settings_(settings_in(place_.path(), tpm_)), definitions_(std::move(definitions)) {
  service::InitInput input;
  for (int i = 0; i < 2; ++i) {
    const auto human = make_human("officer-" + std::to_string(i + 1) + "a");
    input.officers[static_cast<std::size_t>(i)] = officer_input(human, i + 1);
    people[human.id] = human;
  }
  input.share_directory = place_.path() / "shares";
  ENSURE(service::initialise_appliance(settings_, input, clock));
  open();
  for (const auto& [code, name] : {std::pair(kKoganei, "小金井市"), std::pair(kIshinomaki, "石巻市")}) {
    ENSURE(!as_officers(Kind::TenantCreate, {{FieldId::TenantCode, std::string(code)}, {FieldId::TenantName, name}})
                .refused);
  }
  for (const auto& [terminal, code] : {std::pair(t1, kKoganei), std::pair(t2, kKoganei), std::pair(t3, kIshinomaki)}) {
    ENSURE(!as_officers(Kind::TerminalAdd, {{FieldId::TenantCode, std::string(code)},
                                            {FieldId::Fingerprint, terminal},
                                            {FieldId::TerminalName, "窓口" + to_hex(view_of(terminal)).substr(0, 2)}})
                .refused);
  }
  for (const auto code : {kKoganei, kIshinomaki}) {
    for (const auto& definition : definitions_.all()) adopt_rule(code, definition);
  }
  const std::string koganei(kKoganei), ishinomaki(kIshinomaki);
  enrol("sato", koganei, "operator", "");
  enrol("suzuki", koganei, "operator", "retrieve,viewIndividualNumber,import,requestErasure");
  enrol("kato", koganei, "dataProtectionManager", "");
  enrol("ito", ishinomaki, "operator", "");
  enrol("mori", ishinomaki, "dataProtectionManager", "");
}

// Let go of before the program ends: OpenSSL and the journal's threads would not outlive main.
class Farewell final : public ::testing::Environment {
 public:
  void TearDown() override { worlds().clear(); }
  static std::vector<std::unique_ptr<ServiceWorld>>& worlds() {
    static std::vector<std::unique_ptr<ServiceWorld>> kept;
    return kept;
  }
};
const auto* const farewell = ::testing::AddGlobalTestEnvironment(new Farewell);

ServiceWorld& ServiceWorld::keep(std::unique_ptr<ServiceWorld> world) {
  return *Farewell::worlds().emplace_back(std::move(world));
}
ServiceWorld& ServiceWorld::shared() {
  static ServiceWorld& world = keep(std::make_unique<ServiceWorld>());
  return world;
}

void ServiceWorld::open() {
  auto opened = service::open_appliance(settings_, clock);
  if (!opened) oplog::failure("the appliance of the test cannot be opened", opened.error());
  ENSURE(opened);
  opened_ = std::move(opened.value());
  const auto definitions = service::with_stored_definitions(opened_.appliance->zero(), definitions_);
  ENSURE(definitions);
  service_ = std::make_unique<service::Service>(*opened_.appliance, settings_, clock, definitions.value(),
                                                opened_.installation);
  ENSURE(parts().legal.look(appliance(), clock));
}

void ServiceWorld::adopt_rule(std::string_view code, const files::Definition& definition) {
  auto* store = parts().tenants.open(tenant(code)).value();
  service::StoredRule rule{definition.key(),
                           {1, retention::CountingRule::Excl, retention::Period::parse("1d").value(),
                            retention::Settlement::ActualDate, retention::UnknownParts::LatestPossible},
                           {},
                           false,
                           "adopted",
                           "架空市文書管理規程別表",
                           "own",
                           {},
                           {},
                           {},
                           "nobody",
                           {}};
  for (const auto& item : definition.items()) {
    if (item.type == files::ItemType::Date && item.required) rule.events.push_back(item.key);
  }
  const auto before = service::rules_of(*store, rule.file).value();
  rule.counted.version = static_cast<std::uint16_t>(before.size() + 1);
  ENSURE(store->change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{{service::rule_entry(rule), {service::unsettled_key(rule.file), Bytes{}}},
                               {},
                               {},
                               {false, R"({"operation":"test"})"}};
  }));
  ENSURE(service::settle_unsettled(parts(), *store));
}

void ServiceWorld::close() {
  service_.reset();
  opened_.appliance.reset();
}
void ServiceWorld::restart() {
  close();
  if (power::is_out()) {  // what was cut stays dead until here
    power::set_plug(nullptr);
    power::power_on();
  }
  open();
}

service::Service::Outcome ServiceWorld::send(Kind kind, Fields fields, protocol::Channel channel) {
  protocol::Request request{kind, 7, {}};
  for (const auto& [id, text] : fields) protocol::set(request, id, text);
  ENSURE(protocol::check(request, channel));
  return service_->handle(request, channel);
}

Told ServiceWorld::ask(Kind kind, Fields fields, protocol::Channel channel) {
  const auto outcome = send(kind, std::move(fields), channel);
  ENSURE(!outcome.end || power::is_out());
  Told told;
  if (outcome.reply.status != 0) told.refused = static_cast<ErrorCode>(outcome.reply.status - 1);
  told.text = outcome.reply.body;
  told.body = json::parse(outcome.reply.body).as_object();
  return told;
}

std::string ServiceWorld::code(const std::string& id) {
  auto& human = people.at(id);
  const auto step_now = [&] {
    return static_cast<std::uint64_t>(clock.now().time_since_epoch().count()) / 1000 / limits::kTotpStepSeconds;
  };
  while (step_now() <= human.last_step) clock.move(std::chrono::seconds{1});
  human.last_step = step_now();
  return crypto::totp_code(human.totp, human.last_step);
}

Told ServiceWorld::login(const std::string& id, const std::string& terminal) {
  return ask(Kind::Login, {{FieldId::Terminal, terminal},
                           {FieldId::PersonId, id},
                           {FieldId::Password, people.at(id).password},
                           {FieldId::Code, code(id)}});
}

std::string ServiceWorld::session(const std::string& id, const std::string& terminal) {
  auto& human = people.at(id);
  if (!human.token.empty() && human.terminal != terminal) {  // he walks over: logs out there first (A-13)
    ask(Kind::Logout, {{FieldId::Terminal, human.terminal}, {FieldId::Session, human.token}});
  }
  const auto told = login(id, terminal);
  if (told.refused) oplog::info_public("a login of the test was refused", id + told.text);
  ENSURE(!told.refused);
  human.token = std::string(text_of(from_base64url(told.member("session")).value()));
  human.terminal = terminal;
  return human.token;
}

std::string ServiceWorld::officer(int which) {
  const auto id = "officer-" + std::to_string(which) + "a";
  const auto told = ask(
      Kind::Login, {{FieldId::PersonId, id}, {FieldId::Password, people.at(id).password}, {FieldId::Code, code(id)}},
      protocol::Channel::Local);
  if (told.refused) oplog::info_public("a login of the test was refused", id + told.text);
  ENSURE(!told.refused);
  return std::string(text_of(from_base64url(told.member("session")).value()));
}

Told ServiceWorld::as_officers(Kind kind, Fields fields) {
  fields[FieldId::Session] = officer(1);
  fields[FieldId::SecondSession] = officer(2);
  return ask(kind, std::move(fields), protocol::Channel::Local);
}

void ServiceWorld::enrol(const std::string& id, const std::string& tenant, const std::string& role,
                         const std::string& permissions) {
  const auto human = make_human(id);
  Fields fields{{FieldId::PersonId, id},
                {FieldId::Password, human.password},
                {FieldId::PersonName, "架空 " + id},
                {FieldId::Section, "市民課"},
                {FieldId::StaffNumber, "N-" + id},
                {FieldId::Role, role},
                {FieldId::TotpSecret, std::string(text_of(human.totp))},
                {FieldId::TenantCode, tenant}};
  auto granted = permissions;
  if (granted.find("file:") == std::string::npos && role != "systemAdministrator" && role != "securityOfficer") {
    for (const auto& definition : definitions_.all())
      granted += (granted.empty() ? "file:" : ",file:") + definition.key();
  }
  if (!granted.empty()) fields[FieldId::Permissions] = granted;
  const auto told = as_officers(Kind::PersonAdd, std::move(fields));
  EXPECT_FALSE(told.refused) << id << ' ' << told.text;
  people[id] = human;
}

std::string ServiceWorld::csv(std::string_view code, std::uint64_t count, std::uint64_t seed) const {
  std::string out;
  const auto tenant = files::LocalGovernmentCode::parse(code).value();
  ENSURE(files::write_synthetic_people(*definitions_.find(kFile), {tenant, count, seed},
                                       [&](std::string_view text) -> Result<void> {
                                         out += text;
                                         return success();
                                       }));
  return out;
}

Told ServiceWorld::import(const std::string& token, const std::string& terminal, const std::string& text,
                          const std::string& key, std::string_view file) {
  const Fields common{{FieldId::Terminal, terminal}, {FieldId::Session, token}};
  auto opening = common;
  const auto named = parts().sessions.check(view_of(token), [&] {
    service::Fingerprint fingerprint{};
    std::copy(terminal.begin(), terminal.end(), fingerprint.begin());
    return fingerprint;
  }());
  ENSURE(named);
  const auto person = service::find_person(parts().zero(), named.value().session.person).value().value();
  opening[FieldId::TenantCode] = parts().tenants.facts(person.tenant).value().code;
  opening[FieldId::File] = std::string(file);
  opening[FieldId::Encoding] = "UTF-8";
  if (!key.empty()) opening[FieldId::IdempotencyKey] = key;
  const auto opened = ask(Kind::ImportOpen, opening);
  if (opened.refused) return opened;
  const auto id = std::string(text_of(from_hex(opened.member("importId")).value()));
  constexpr std::size_t kPiece = 10'000;
  for (std::size_t at = 0; at < text.size(); at += kPiece) {
    auto chunk = common;
    chunk[FieldId::ImportId] = id;
    chunk[FieldId::Offset] = std::string(text_of(be<std::uint64_t>(at)));
    chunk[FieldId::Chunk] = text.substr(at, kPiece);
    const auto taken = ask(Kind::ImportChunk, chunk);
    if (taken.refused) return taken;
  }
  auto closing = common;
  closing[FieldId::ImportId] = id;
  return ask(Kind::ImportClose, closing);
}

TenantId ServiceWorld::tenant(std::string_view code) {
  return code.empty() ? kAppliance : parts().tenants.by_code(code).value().id;
}

std::vector<generations::StoredLogEntry> ServiceWorld::entries_of(std::string_view code) {
  const auto id = tenant(code);
  auto* store = parts().tenants.open(id).value();
  std::vector<generations::StoredLogEntry> out;
  ENSURE(appliance().journal().walk([&](const journal::Frame& frame) {
    if (frame.draft.tenant == id) out.push_back(store->open_frame(frame).value());
    return true;
  }));
  return out;
}

std::vector<std::string> ServiceWorld::log_of(std::string_view code) {
  std::vector<std::string> out;
  for (auto& entry : entries_of(code)) out.push_back(std::move(entry.text));
  return out;
}

}  // namespace shosoin::test
