// An initialised appliance on a private software TPM with two tenants, their people and terminals, and a clock the test
// moves. Requests go through the real parser's rules and the real service. Built once for a suite; one thread.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "admin-api/service/init.h"
#include "admin-api/service/vault.h"
#include "tests/support/swtpm.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::test {

using protocol::FieldId;
using Kind = protocol::RequestKind;
using Fields = std::map<FieldId, std::string>;

class MovedClock final : public Clock {
 public:
  Instant now() const override {
    if (on_look) on_look();
    return now_;
  }
  void move(std::chrono::milliseconds by) { now_ += by; }
  std::function<void()> on_look;  // for tests that want to know when the service asks

 private:
  Instant now_ = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours{3};
};

struct Told {
  std::optional<ErrorCode> refused;
  boost::json::object body;
  std::string text;  // the reply's body as it is
  std::string member(std::string_view name) const;
};

struct Human {
  std::string id, password;
  Bytes totp;
  std::uint64_t last_step = 0;
  std::string token, terminal;  // of the last session
};

class ServiceWorld {
 public:
  explicit ServiceWorld(files::DefinitionSet definitions = files::DefinitionSet::embedded().value());
  static ServiceWorld& keep(std::unique_ptr<ServiceWorld> world);  // until the last test has run
  static ServiceWorld& shared();  // one for the program: provisioning takes seconds

  static constexpr std::string_view kKoganei = "132101", kIshinomaki = "042021";
  static constexpr std::string_view kFile = "honnin-kakunin-joho";
  // Terminals; t1 and t2 of Koganei, t3 of Ishinomaki.
  std::string t1 = std::string(32, '\1'), t2 = std::string(32, '\2'), t3 = std::string(32, '\3');

  Told ask(Kind kind, Fields fields, protocol::Channel channel = protocol::Channel::Gate);
  service::Service::Outcome send(Kind kind, Fields fields, protocol::Channel channel = protocol::Channel::Gate);
  Told login(const std::string& id, const std::string& terminal);           // with a fresh code
  std::string session(const std::string& id, const std::string& terminal);  // logs in and must succeed
  std::string officer(int which);                                           // a session on the local socket
  std::string code(const std::string& id);                                  // fresh: moves the clock to an unused step
  Told as_officers(Kind kind, Fields fields);
  void enrol(const std::string& id, const std::string& tenant, const std::string& role, const std::string& permissions);
  // An adopted rule by which everything may be erased: one day after the first date a row must have; in tables without
  // such a date the approver decides. The world starts with one for every file of both tenants.
  void adopt_rule(std::string_view tenant, const files::Definition& definition);
  void restart();  // the process is gone; everything else is not
  void close();    // keys wiped, TPM and disks let go, until restart()

  std::string csv(std::string_view tenant, std::uint64_t count, std::uint64_t seed) const;
  Told import(const std::string& token, const std::string& terminal, const std::string& csv,
              const std::string& key = {}, std::string_view file = kFile);
  std::vector<std::string> log_of(std::string_view tenant);  // texts of its lines, oldest first
  std::vector<generations::StoredLogEntry> entries_of(std::string_view tenant);
  TenantId tenant(std::string_view code);
  service::Parts& parts() { return service_->parts(); }
  erasure::Appliance& appliance() { return *opened_.appliance; }
  service::Service& service() { return *service_; }
  const service::Settings& settings() const { return settings_; }

  MovedClock clock;
  std::map<std::string, Human> people;

 private:
  void open();
  support::TemporaryDirectory place_;
  Swtpm tpm_;
  service::Settings settings_;
  service::OpenedAppliance opened_;
  files::DefinitionSet definitions_;
  std::unique_ptr<service::Service> service_;
};

// Settings with a signer and approvals of the present boot, in `place`.
service::Settings settings_in(const std::filesystem::path& place, const Swtpm& tpm);
service::OfficerInput officer_input(const Human& human, int number);
Human make_human(const std::string& id);

}  // namespace shosoin::test
