// A vault in a process of its own for tests/fault/forensics: the real service on a private software TPM, with three
// tenants and their people, freed memory wiped as in the product. Whoever started it asks over the gate's socket, moves
// its clock and closes it over the control channel, and is told of every durable step before it is done, so that it can
// copy the disks there.
//   forensic_vault CONTROL STEPS      two inherited stream sockets
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "admin-api/service/server.h"
#include "crypto/library_memory.h"
#include "firmware/base/power.h"
#include "tests/admin-api/service/retention_world.h"

namespace shosoin::test {
namespace {

int steps_socket = -1;
std::atomic<bool> telling{false};
std::mutex one_step;

power::Cut tell_step(std::string_view step) noexcept {
  if (!telling || step.starts_with("tpm:")) return power::Cut::None;
  const std::lock_guard lock(one_step);
  const char length = static_cast<char>(step.size());
  char go = 0;
  ENSURE(::write(steps_socket, &length, 1) == 1);
  ENSURE(::write(steps_socket, step.data(), step.size()) == static_cast<ssize_t>(step.size()));
  ENSURE(::read(steps_socket, &go, 1) == 1);
  return power::Cut::None;
}

class Vault {
 public:
  explicit Vault(int control) : control_(control) {
    const auto definitions = files::DefinitionSet::embedded().value();
    for (const char* code : {"092011", "102016", "112011"}) {
      places_.push_back(std::make_unique<RetentionWorld>(code, world_));
      places_.back()->prepare();
      world_.adopt_rule(code, *definitions.find(RetentionWorld::kFile));
    }
    const auto& settings = world_.settings();
    std::string told = "ready " + settings.data_directory.parent_path().string() + " " + settings.tcti;
    for (const auto& place : places_) {
      told += " " + place->tenant;
      for (const auto& person : {place->nakai, place->oda})
        told += " " + person + " " + world_.people.at(person).password;
    }
    serve();
    say(told);
  }
  ~Vault() { stop(); }

  // Until the other side has gone.
  void obey() {
    std::string line;
    for (char letter = 0; ::read(control_, &letter, 1) == 1;) {
      if (letter != '\n') {
        line += letter;
        continue;
      }
      say(answer(line));
      line.clear();
    }
  }

 private:
  void serve() {
    server_ = service::Server::bind(world_.settings(), [](ErrorCode) { std::abort(); }).value();
    ENSURE(server_->start(world_.service()));
  }
  void stop() {
    if (server_) server_->stop();
    server_.reset();
  }
  void say(const std::string& text) {
    const auto line = text + "\n";
    ENSURE(::write(control_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string verb, word;
    words >> verb >> word;
    if (verb == "code") return world_.code(word);
    if (verb == "steps") {
      telling = word == "on";
      power::set_plug(telling ? tell_step : nullptr);
      return "done";
    }
    if (verb == "batch") {
      const auto told = world_.as_officers(Kind::BatchRun, {{FieldId::Now, std::string(1, '\1')}});
      return told.refused ? "refused " + told.text : "done " + std::to_string(world_.appliance().status().epoch);
    }
    if (verb == "close") {  // keys wiped, TPM let go; the process and what its memory has seen stay
      stop();
      world_.close();
      return "done";
    }
    if (verb == "open") {
      world_.restart();
      serve();
      return "done";
    }
    return "refused";
  }

  int control_;
  ServiceWorld world_;
  std::vector<std::unique_ptr<RetentionWorld>> places_;
  std::unique_ptr<service::Server> server_;
};

}  // namespace
}  // namespace shosoin::test

int main(int count, char** words) {
  using namespace shosoin;
  if (count != 3) return 64;
  if (!memory::prepare_process() || !crypto::watch_library_memory()) return 1;
  engine::prepare_allocator();
  if (::geteuid() != 0) ::prctl(PR_SET_DUMPABLE, 1);  // root reads an undumpable process, nobody else does
  test::steps_socket = static_cast<int>(std::strtol(words[2], nullptr, 10));
  test::Vault vault(static_cast<int>(std::strtol(words[1], nullptr, 10)));
  vault.obey();
  return 0;
}
