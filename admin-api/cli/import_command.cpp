// shosoin import file|show|confirm|reject: staged by one person, confirmed by another on another terminal.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "firmware/base/ids.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string csv, tenant, file, encoding = "UTF-8", id, key;
};
using Shared = std::shared_ptr<Options>;

Result<void> stage(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/imports"));
  // Repeating a command that lost its answer must be one import: the key may be given again.
  const std::string key = options.key.empty() ? Id16<struct IdempotencyMeaning>::random().hex() : options.key;
  return act_through_gate(context, gate,
                          {"POST", std::move(path), {}, options.csv, "text/csv; charset=" + options.encoding, key});
}

Result<void> decide(Context& context, const GateOptions& gate, const Options& options, const CodeOptions& code,
                    std::string_view decision) {
  TRY(auto path, path_of(options.tenant, "imports/" + options.id + "/decision"));
  TRY(auto fresh, fresh_code(context, code));
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of({{"decision", decision}, {"totpCode", fresh}});
  return act_through_gate(context, gate, std::move(request));
}

void add_decision(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "取込みのID / id of the import")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) { return decide(now, *gate, *options, *code, decision); });
}

}  // namespace

void add_import_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto gate = std::make_shared<GateOptions>();
  auto* group = app.add_subcommand("import", "CSVの取込み / imports of CSV files");
  group->require_subcommand(1);

  auto* file = group->add_subcommand("file", "検査して預ける。確認は別の人 / check and stage; another person confirms");
  file->add_option("csv", options->csv, "CSVファイル / CSV file")->required();
  file->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  file->add_option("--file", options->file, "特定個人情報ファイル、例 honnin-kakunin-joho / record file")->required();
  file->add_option("--encoding", options->encoding, "文字コード、推測はしない / declared, never guessed")
      ->capture_default_str();
  file->add_option("--idempotency-key", options->key, "やり直すときは同じ値を / the same value when repeating");
  add_gate_options(file, context, gate, WithSession::Yes);
  on(file, context, [=](Context& now) { return stage(now, *gate, *options); });

  auto* show = group->add_subcommand("show", "検査の結果 / what the check found");
  show->add_option("id", options->id)->required();
  show->add_option("--tenant", options->tenant)->required();
  add_gate_options(show, context, gate, WithSession::Yes);
  on(show, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "imports/" + options->id));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  add_decision(group, context, options, "confirm",
               "別の人が確認して公開する / another person confirms; records become visible", "approve");
  add_decision(group, context, options, "reject", "別の人が差し戻す / another person rejects", "reject");
}

}  // namespace shosoin::cli
