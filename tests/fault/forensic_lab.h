// The forensic experiment of tests/fault/forensics: a vault in a process of its own, the people of three tenants at
// their gate, markers imported as CSV, and copies of the disks from every durable step. One thread asks; another
// copies.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "admin-api/protocol/protocol.h"
#include "admin-api/service/vault.h"
#include "tests/fault/image_hoard.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::test {

using protocol::FieldId;
using Kind = protocol::RequestKind;
using Fields = std::map<FieldId, std::string>;

struct Answered {
  unsigned status = 0;  // 0, or the code of the refusal and one
  std::string body;
  std::int64_t nanoseconds = 0;
  std::string member(std::string_view name) const;
};

// One person who does not exist, with what can be looked for.
struct Marker {
  std::size_t tenant = 0;  // of the lab's
  std::string number, resident_code, addressee, name, kana, hiragana, birth_date, address;
  std::string record, integrated;  // once stored: hexadecimal id, 団体内統合宛名番号
  std::string line;                // of the CSV it came in
  bool goes = false;
};

class Lab {
 public:
  explicit Lab(std::uint64_t seed);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  static constexpr std::size_t kTenants = 3;
  static constexpr std::string_view kFile = "honnin-kakunin-joho";
  struct Place {
    std::string code, operator_id, manager_id;
    std::string asks, decides;  // terminals
    std::string operator_session, manager_session;
  };
  const Place& place(std::size_t tenant) const { return places_[tenant]; }
  pid_t vault() const { return child_; }
  std::mt19937_64& random() { return random_; }

  // People with unique markers, as CSV of one tenant. salt: another one, other people.
  std::vector<Marker> make_people(std::size_t tenant, std::size_t count, std::uint64_t salt, std::string& csv);
  Answered ask(Kind kind, Fields fields);
  void log_in(std::size_t tenant);  // both people
  Fields as_operator(std::size_t tenant) const;
  Fields as_manager(std::size_t tenant, bool with_code = true);
  Answered import(std::size_t tenant,
                  const std::string& csv);  // opened, fed, closed, confirmed; must succeed. Told at its closing.
  Answered retrieve(std::size_t tenant, std::string_view kind, const std::string& value,
                    const std::string& birth_date = {});
  void must(const Answered& answered, const char* what) const;
  std::string tell(const std::string& line);  // to the vault's keeper

  void copy_at_every_step(bool on) { tell(on ? "steps on" : "steps off"); }
  void copy_now();
  ImageHoard& hoard() { return hoard_; }
  const std::map<std::string, int>& steps() const { return steps_; }
  // Between tell("close") and tell("open"): the TPM as it stands, with the service's authorisation values.
  std::unique_ptr<tpm::Anchor> anchor();

 private:
  void connect();
  void watch_steps();

  std::mt19937_64 random_;
  support::TemporaryDirectory scratch_;
  pid_t child_ = -1;
  int control_ = -1, steps_socket_ = -1, channel_ = -1, tpm_ = -1;
  std::string tcti_;
  service::Settings settings_;
  std::vector<Place> places_;
  std::map<std::string, std::string> passwords_;
  ImageHoard hoard_;
  std::map<std::string, int> steps_;
  std::thread copier_;
};

}  // namespace shosoin::test
