#include "admin-api/cli/fresh_code.h"

#include "admin-api/cli/person.h"

namespace shosoin::cli {

void add_code_options(CLI::App* command, const std::shared_ptr<CodeOptions>& options) {
  command->add_option("--code-file", options->code_file,
                      "新しい認証コードのファイル、-は標準入力 / file of a fresh code, - for standard input");
  command->add_option("--as", options->person_file,
                      "開発用: totpSecretのある本人のファイル / development: the person's file with totpSecret");
  command
      ->add_option("--totp-step", options->step, "開発用: コードの時間枠 / development: time step of the computed code")
      ->check(CLI::Range(-1, 1));
}

Result<std::string> fresh_code(Context& context, const GateOptions& gate, const CodeOptions& options) {
  TRY(const auto ready, GateClient::open(context, gate));
  (void)ready;
  Person person;
  if (!options.person_file.empty()) {
    TRY(person, read_person(context, options.person_file));
  }
  return second_factor(context, person, options.code_file, options.step);
}

}  // namespace shosoin::cli
