// shosoin erasure request|show|list|approve|reject|execute: applied for by one person, approved by another (E-04,
// DESIGN 6). What surrounds an execution is disposal_command.cpp's.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/disposal_command.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "firmware/base/ids.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, file, id, items, medium, quantity, method, planned_date, ground, key;
  std::vector<std::string> records, months;
  bool now = false, witness = false;
};
using Shared = std::shared_ptr<Options>;

Result<void> request_erasure(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/erasures"));
  boost::json::object body;
  if (options.months.empty() && !options.records.empty()) {
    body["recordIds"] = boost::json::array(options.records.begin(), options.records.end());
  } else if (!options.months.empty()) {
    body["months"] = with_commas(options.months);
  }
  const auto put = [&](const char* name, const std::string& text) {
    if (!text.empty()) body[name] = text;
  };
  put("items", options.items);
  put("medium", options.medium);
  put("quantity", options.quantity);
  put("method", options.method);
  put("plannedDate", options.planned_date);
  put("ground", options.ground);
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  request.idempotency_key = options.key.empty() ? Id16<struct IdempotencyMeaning>::random().hex() : options.key;
  return act_through_gate(context, gate, std::move(request));
}

Result<void> act(Context& context, const GateOptions& gate, const Options& options, const CodeOptions& code,
                 std::string_view decision) {
  TRY(auto path, path_of(options.tenant, "erasures/" + options.id + (decision.empty() ? "/execution" : "/decision")));
  TRY(auto fresh, fresh_code(context, gate, code));
  boost::json::object body{{"totpCode", fresh}};
  if (!decision.empty()) body["decision"] = decision;
  if (options.witness) body["witness"] = true;
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  return act_through_gate(context, gate, std::move(request));
}

CLI::App* add_act(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "消去申請のID / id of the application")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) { return act(now, *gate, *options, *code, decision); });
  return command;
}

void add_request(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("request", "消去を申請する / apply for an erasure");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  command
      ->add_option("--file", options->file,
                   "特定個人情報ファイル、access-log、working-documents / record file, access-log, working-documents")
      ->required();
  auto* records =
      command
          ->add_option("--record", options->records,
                       "記録ID(working-documents のときは文書のID)、繰り返し可。これか --month / record id (with "
                       "--file working-documents: id of a document), may be repeated; this or --month")
          ->allow_extra_args(false);
  command
      ->add_option(
          "--month", options->months,
          "--file access-log のとき: ログの月(2019-04)、繰り返し可 / with --file access-log: month of the log, may be "
          "repeated")
      ->allow_extra_args(false)
      ->excludes(records);
  command->add_option("--items", options->items, "項目 / items")->required();
  command->add_option("--medium", options->medium, "媒体名 / medium")->required();
  command->add_option("--quantity", options->quantity, "数量 / quantity")->required();
  command->add_option("--method", options->method, "消去の方法 / method")->required();
  command->add_option("--planned-date", options->planned_date, "予定日 / planned date, e.g. 2026-12-01")->required();
  command->add_option("--ground", options->ground, "根拠となる決定 / the decision it rests on")->required();
  command->add_option("--idempotency-key", options->key, "やり直すときは同じ値を / the same value when repeating");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) { return request_erasure(now, *gate, *options); });
}

void add_show(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* show = group->add_subcommand("show", "申請の状態 / state of one application");
  show->add_option("id", options->id)->required();
  show->add_option("--tenant", options->tenant)->required();
  add_gate_options(show, context, gate, WithSession::Yes);
  on(show, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "erasures/" + options->id));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  auto* list = group->add_subcommand("list", "申請の一覧 / applications");
  list->add_option("--tenant", options->tenant)->required();
  add_gate_options(list, context, gate, WithSession::Yes);
  on(list, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "erasures"));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
}

}  // namespace

void add_erasure_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* group = app.add_subcommand("erasure", "消去の申請、承認、実施 / erasure: application, approval, execution");
  group->require_subcommand(1);
  add_request(group, context, options);
  add_show(group, context, options);
  auto* approve = add_act(group, context, options, "approve",
                          "別の人が別の端末で承認する / another person approves on another terminal", "approve");
  approve->add_flag("--witness", options->witness, "立会いを求める / ask for a witness");
  add_act(group, context, options, "reject", "承認しない / reject", "reject");
  auto* execute =
      add_act(group, context, options, "execute", "承認済みの消去を実施する / execute what has been approved", {});
  execute->add_flag("--now", options->now, "エポックを今進める / advance the epoch at once")->required();
  add_disposal_commands(group, context);
}

}  // namespace shosoin::cli
