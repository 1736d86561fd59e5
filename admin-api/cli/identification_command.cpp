#include "admin-api/cli/identification_command.h"

#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, id, record, item, value_file;
};
using Shared = std::shared_ptr<Options>;

// The value is somebody's name as a rule: from a file or standard input, never an argument (decision 0004).
Result<void> identify(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path,
      path_of(options.tenant, "imports/" + options.id + "/quarantine/" + options.record + "/identifications"));
  TRY(auto value, read_text(options.value_file, limits::kMaxFieldBytes));
  if (const auto end = value.find_first_of("\r\n"); end != std::string::npos) value.resize(end);
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of({{"item", options.item}, {"value", value}});
  memory::wipe(value);
  return act_through_gate(context, gate, std::move(request));
}

Result<void> decide(Context& context, const GateOptions& gate, const Options& options, const CodeOptions& code,
                    std::string_view decision) {
  TRY(auto path, path_of(options.tenant, "imports/" + options.id + "/quarantine/" + options.record + "/decision"));
  TRY(auto fresh, fresh_code(context, gate, code));
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of({{"decision", decision}, {"totpCode", fresh}});
  return act_through_gate(context, gate, std::move(request));
}

CLI::App* add_command(CLI::App& import, Context& context, const Shared& options,
                      const std::shared_ptr<GateOptions>& gate, const char* verb, const char* help) {
  auto* command = import.add_subcommand(verb, help);
  command->add_option("id", options->id, "取込みのID / id of the import")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  return command;
}

void add_decision(CLI::App& import, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = add_command(import, context, options, gate, verb, help);
  command->add_option("--record", options->record, "記録ID / record id")->required();
  add_code_options(command, code);
  on(command, context, [=](Context& now) { return decide(now, *gate, *options, *code, decision); });
}

}  // namespace

void add_identification_commands(CLI::App& import, Context& context) {
  auto options = std::make_shared<Options>();
  auto gate = std::make_shared<GateOptions>();
  auto* list = add_command(import, context, options, gate, "quarantine",
                           "文字同定を待つ行 / rows that wait for their characters to be identified");
  on(list, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "imports/" + options->id + "/quarantine"));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  auto* one = add_command(import, context, options, gate, "identify",
                          "値の文字を同定する。確認は別の人 / say what the characters are; another person confirms");
  one->add_option("--record", options->record, "記録ID / record id")->required();
  one->add_option("--item", options->item, "項目のキー / key of the item")->required();
  one->add_option("--value-file", options->value_file, "値のファイル、-は標準入力 / the value, - for standard input")
      ->required();
  on(one, context, [=](Context& now) { return identify(now, *gate, *options); });
  add_decision(import, context, options, "accept-identification",
               "別の人が文字同定を確認する / another person confirms what was identified", "approve");
  add_decision(import, context, options, "reject-identification",
               "差し戻す。同定のない行は次のバッチで消える / send back; a row without one leaves with the next batch",
               "reject");
}

}  // namespace shosoin::cli
