// A person as the command line knows one: from a file of mode 0600, or asked for on a terminal without echo. Move-only;
// its secrets are wiped when it goes. Never from arguments or the environment. One thread.
#pragma once

#include <string>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::cli {

class Context;

struct Person {
  std::string id, name, section, staff_number;
  std::string password;
  Bytes totp_secret;  // 20 bytes; empty when the file has none (a code is then given or asked for)

  Person() = default;
  Person(Person&&) = default;
  Person& operator=(Person&&) = default;
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;
  ~Person();
};

inline constexpr std::size_t kMaxPersonFile = 16u << 10;

// {id, name, section, staffNumber, password, totpSecret (base32)}, TOML or JSON. Settings: the file is not 0600 and
// ours.
Result<Person> read_person(Context& context, const std::string& path);
// Asks on the terminal; the password twice, without echo. Makes the second factor's secret and writes it to totp_path
// (0600) in a form authenticator apps take. Conflict when there is no terminal, and, before anything is asked, when
// that file exists.
Result<Person> ask_person(Context& context, const std::string& totp_path);
// Before anybody is asked: totp_path is given, and nothing stands there.
Result<void> check_totp_path(Context& context, const std::string& totp_path);
// What was asked for came to nothing: the secret is of no use. Where the outcome is unknown it stays.
void forget_totp(const Context& context, const std::string& totp_path, bool may_be_done);

// Six digits: given, or computed from the person's own secret where the file holds it (development: two factors in one
// file are one factor), or asked for on the terminal.
Result<std::string> second_factor(Context& context, const Person& person, const std::string& given_file,
                                  int step_offset);

}  // namespace shosoin::cli
