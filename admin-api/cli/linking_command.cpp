// shosoin number-change request|show|list|approve|reject: asked for by one person, approved by another who types the
// new number again (D-16); shosoin linking report: the consistency report (D-15). Numbers come from files, never from
// arguments.
#include <fstream>
#include <iostream>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, file, id, record, number_file, changed_on, basis, case_reference, key, cursor;
  bool all = false;
};
using Shared = std::shared_ptr<Options>;

// The first line of a file, - for standard input.
Result<std::string> number_in(const std::string& file) {
  std::string text;
  if (file == "-") {
    std::getline(std::cin, text);
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error{ErrorCode::BadRequest, "open the file of a number"};
    std::getline(in, text);
  }
  if (text.size() > limits::kMaxIdText) {
    memory::wipe(text);
    return Error{ErrorCode::TooLarge, "read a number"};
  }
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

Result<void> request_change(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/number-changes"));
  TRY(auto number, number_in(options.number_file));
  boost::json::object body{{"recordId", options.record}, {"newIndividualNumber", number}};
  memory::wipe(number);
  const auto put = [&](const char* name, const std::string& text) {
    if (!text.empty()) body[name] = text;
  };
  put("changedOn", options.changed_on);
  put("basis", options.basis);
  put("caseReference", options.case_reference);
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  request.idempotency_key = options.key.empty() ? Id16<struct IdempotencyMeaning>::random().hex() : options.key;
  return act_through_gate(context, gate, std::move(request));
}

Result<void> decide(Context& context, const GateOptions& gate, const Options& options, const CodeOptions& code,
                    std::string_view decision) {
  TRY(auto path, path_of(options.tenant, "number-changes/" + options.id + "/decision"));
  boost::json::object body{{"decision", decision}};
  if (!options.number_file.empty()) {
    TRY(auto number, number_in(options.number_file));
    body["newIndividualNumber"] = number;
    memory::wipe(number);
  }
  TRY(auto fresh, fresh_code(context, gate, code));
  body["totpCode"] = fresh;
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  return act_through_gate(context, gate, std::move(request));
}

void add_request(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command =
      group->add_subcommand("request", "個人番号の変更を申請する / ask for a change of an individual number");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  command->add_option("--file", options->file, "特定個人情報ファイル / record file")->required();
  command->add_option("--record", options->record, "その人の記録のID / id of a record of the person")->required();
  command
      ->add_option("--number-file", options->number_file,
                   "変更後の個人番号のファイル、-は標準入力 / file of the new number, - for standard input")
      ->required();
  command->add_option("--changed-on", options->changed_on, "変更の日 / day of the change, e.g. 2026-11-01");
  command->add_option("--basis", options->basis,
                      "application(本人の請求)か ex-officio(職権) / application or ex-officio");
  command->add_option("--case", options->case_reference, "受付番号、案件番号 / number of the case");
  command->add_option("--idempotency-key", options->key, "やり直すときは同じ値を / the same value when repeating");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) { return request_change(now, *gate, *options); });
}

void add_decision(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "変更申請のID / id of the request")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  if (decision == "approve") {
    command
        ->add_option(
            "--number-file", options->number_file,
            "書類から入力し直した変更後の個人番号のファイル、-は標準入力 / file of the new number, typed again "
            "from the document, - for standard input")
        ->required();
  }
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) { return decide(now, *gate, *options, *code, decision); });
}

void add_look(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* show = group->add_subcommand("show", "申請の状態 / state of one request");
  show->add_option("id", options->id)->required();
  show->add_option("--tenant", options->tenant)->required();
  add_gate_options(show, context, gate, WithSession::Yes);
  on(show, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "number-changes/" + options->id));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  auto listing = std::make_shared<GateOptions>();
  auto* list = group->add_subcommand("list", "申請の一覧 / requests");
  list->add_option("--tenant", options->tenant)->required();
  add_gate_options(list, context, listing, WithSession::Yes);
  on(list, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "number-changes"));
    return act_through_gate(now, *listing, {"GET", std::move(path), {}, {}, {}, {}});
  });
}

// One page, or with --all every page there is: each is shown when it has come.
Result<void> report(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto client, GateClient::open(context, gate));
  TRY(const auto path, path_of(options.tenant, "linking-reports"));
  for (std::string cursor = options.cursor;;) {
    boost::json::object body;
    if (!cursor.empty()) body["cursor"] = cursor;
    GateRequest request{"POST", path, {}, {}, "application/json", {}};
    request.body = body_of(body);
    TRY(auto reply, client.ask(context, std::move(request)));
    context.show(reply);
    const auto* object = reply.if_object();
    const auto* next = object != nullptr ? object->if_contains("cursor") : nullptr;
    if (!options.all || next == nullptr || !next->is_string() || next->get_string() == cursor) return success();
    cursor = next->get_string();
  }
}

}  // namespace

void add_linking_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* changes = app.add_subcommand("number-change", "個人番号の変更の申請と承認 / changes of an individual number");
  changes->require_subcommand(1);
  add_request(changes, context, options);
  add_look(changes, context, options);
  add_decision(changes, context, options, "approve",
               "別の人が別の端末で承認する / another person approves on another terminal", "approve");
  add_decision(changes, context, options, "reject", "承認しない / reject", "reject");

  auto gate = std::make_shared<GateOptions>();
  auto* linking =
      app.add_subcommand("linking", "個人番号、宛名番号、ファイルの整合性 / consistency of numbers, addressees, files");
  linking->require_subcommand(1);
  auto* command = linking->add_subcommand("report", "整合性の確認リスト / the consistency report");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_cursor_option(command, options->cursor);
  command->add_flag("--all", options->all, "最後の頁まで続ける / go on to the last page");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) { return report(now, *gate, *options); });
}

}  // namespace shosoin::cli
