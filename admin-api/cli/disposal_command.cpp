// shosoin erasure witness|withdraw|report|acknowledge|history|register: what surrounds an execution (seed 002; E-05,
// E-07), and the 廃棄簿.
#include "admin-api/cli/disposal_command.h"

#include <iostream>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/erasure_paper.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, id, out, first, last, cursor;
};
using Shared = std::shared_ptr<Options>;
using Paper = Result<std::string> (*)(const boost::json::value&, bool);

// The page goes to where --out says, else to the terminal; --json tells the reply as it came, whatever else.
Result<void> print(Context& context, const GateOptions& gate, const Options& options, GateRequest request,
                   Paper paper) {
  TRY(auto client, GateClient::open(context, gate));
  TRY(const auto reply, client.ask(context, std::move(request)));
  TRY(const auto text, paper(reply, context.japanese()));
  const bool into_file = !options.out.empty() && options.out != "-";
  if (into_file) {
    TRY(write_public(options.out, view_of(text)));
    context.say({"保存しました。", "Saved."});
  }
  if (context.json) {
    context.show(reply);
  } else if (!into_file) {
    std::cout << text;
  }
  return success();
}

GateRequest posting(std::string path, const boost::json::object& body) {
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  return request;
}

CLI::App* add_about(CLI::App* group, const Shared& options, const char* verb, const char* help) {
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "消去申請のID / id of the application")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  return command;
}

void add_act(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
             const char* path) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = add_about(group, options, verb, help);
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto target, path_of(options->tenant, "erasures/" + options->id + "/" + path));
    TRY(auto fresh, fresh_code(now, *gate, *code));
    return act_through_gate(now, *gate, posting(std::move(target), {{"totpCode", fresh}}));
  });
}

void add_withdraw(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = add_about(group, options, "withdraw", "実施前の申請を取り下げる / withdraw an application");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "erasures/" + options->id + "/withdrawal"));
    return act_through_gate(now, *gate, {"POST", std::move(path), {}, {}, {}, {}});
  });
}

void add_report(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = add_about(group, options, "report", "実施の報告書を印刷する / print the report of an execution");
  command->add_option("--out", options->out, "保存先 / where to put it");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "erasures/" + options->id + "/report"));
    return print(now, *gate, *options, {"GET", std::move(path), {}, {}, {}, {}}, erasure_paper);
  });
}

void add_history(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("history", "終わった申請 / applications that are closed");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_cursor_option(command, options->cursor);
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "closed-erasures"));
    boost::json::object body;
    if (!options->cursor.empty()) body["cursor"] = options->cursor;
    return act_through_gate(now, *gate, posting(std::move(path), body));
  });
}

Result<void> list_register(Context& context, const GateOptions& gate, const Options& options) {
  if (options.tenant.empty()) {
    return context.explain(Error{ErrorCode::BadRequest, "find whose register to list"}, {}, "--tenant");
  }
  TRY(auto path, path_of(options.tenant, "disposal-register"));
  boost::json::object body;
  const auto put = [&](const char* name, const std::string& text) {
    if (!text.empty()) body[name] = text;
  };
  put("firstDay", options.first);
  put("lastDay", options.last);
  put("cursor", options.cursor);
  return print(context, gate, options, posting(std::move(path), body), register_text);
}

void add_register(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>(), other = std::make_shared<GateOptions>();
  auto* list = group->add_subcommand("register", "廃棄簿 / the disposal register");
  list->require_subcommand(0, 1);
  list->add_option("--tenant", options->tenant, "団体コード / tenant");
  list->add_option("--from", options->first, "初日。なければ一年前 / first day; a year ago where none is given");
  list->add_option("--to", options->last, "末日。なければ今日 / last day; today where none is given");
  add_cursor_option(list, options->cursor);
  list->add_option("--out", options->out, "保存先 / where to put it");
  add_gate_options(list, context, gate, WithSession::Yes);
  auto* one = list->add_subcommand("show", "廃棄簿の一項目 / one item of it");
  one->add_option("entry", options->id, "項目のID / id of the item")->required();
  one->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  one->add_option("--out", options->out, "保存先 / where to put it");
  add_gate_options(one, context, other, WithSession::Yes);
  on(list, context, [=](Context& now) -> Result<void> {
    if (!list->got_subcommand(one)) return list_register(now, *gate, *options);
    TRY(auto path, path_of(options->tenant, "disposal-register/" + options->id));
    return print(now, *other, *options, {"GET", std::move(path), {}, {}, {}, {}}, erasure_paper);
  });
}

}  // namespace

void add_disposal_commands(CLI::App* group, Context& context) {
  auto options = std::make_shared<Options>();
  add_act(group, context, options, "witness",
          "立会いを確認する。15分間有効 / confirm presence as the witness, for 15 minutes", "witness");
  add_withdraw(group, context, options);
  add_report(group, context, options);
  add_act(group, context, options, "acknowledge",
          "報告を受領する。申請も実施もしていない人が / acknowledge the report; who neither applied nor executed",
          "acknowledgement");
  add_history(group, context, options);
  add_register(group, context, options);
}

}  // namespace shosoin::cli
