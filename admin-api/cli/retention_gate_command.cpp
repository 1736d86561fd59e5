// shosoin retention rule propose|adopt|reject|list: proposed by one person, adopted by another on another terminal.
// shosoin retention due|calendar: what may be erased now, and from which month on how much.
#include <iostream>

#include "admin-api/cli/calendar_chart.h"
#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, file, version, proposal, rule, period, citation, settlement, unknown;
  std::vector<std::string> events;
  std::string cursor, svg;
  std::string count, earliest;
  bool automatic = false, shortens = false;
};
using Shared = std::shared_ptr<Options>;

GateRequest posting(std::string path, const boost::json::object& body) {
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  return request;
}

Result<void> propose(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/retention-rules"));
  boost::json::object body;
  const auto put = [&](const char* name, const std::string& text) {
    if (!text.empty()) body[name] = text;
  };
  put("proposal", options.proposal);
  put("rule", options.rule);
  put("period", options.period);
  put("eventItems", with_commas(options.events));
  put("citation", options.citation);
  if (options.automatic) body["automatic"] = true;
  if (options.shortens) body["shortens"] = true;
  put("settlement", options.settlement);
  put("unknownParts", options.unknown);
  return act_through_gate(context, gate, posting(std::move(path), body));
}

Result<void> decide(Context& context, const GateOptions& gate, const Options& options, const CodeOptions& code,
                    std::string_view decision) {
  TRY(auto path,
      path_of(options.tenant, "files/" + options.file + "/retention-rules/" + options.version + "/decision"));
  TRY(auto fresh, fresh_code(context, gate, code));
  boost::json::object body{{"totpCode", fresh}, {"decision", decision}};
  if (!options.count.empty()) body["shortenedCount"] = options.count;
  if (!options.earliest.empty()) body["earliestEnd"] = options.earliest;
  return act_through_gate(context, gate, posting(std::move(path), body));
}

void add_propose(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("propose", "規則を提案する / propose a rule");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  command->add_option("--file", options->file, "特定個人情報ファイル / record file")->required();
  command->add_option(
      "--proposal", options->proposal,
      "案のID: 数え方、期間、根拠をそこから取る / id of a shipped proposal to take rule, period and citation from");
  command->add_option("--rule", options->rule, "EXCL | INCL | NEXT_FY | NEXT_CY");
  command->add_option("--period", options->period, "5y | 6m | 30d");
  command
      ->add_option("--event-item", options->events,
                   "起算の基となる日付の項目のキー、順に繰り返し可 / key of a date item the period starts from; may be "
                   "repeated, in order")
      ->allow_extra_args(false);
  command->add_option("--citation", options->citation, "根拠となる法令または規程 / the law or rule it rests on");
  command->add_flag("--automatic", options->automatic,
                    "満了した記録を個別の申請なしに消去する / erase what is due without an application of its own");
  command->add_flag("--shortens", options->shortens,
                    "すでに定まった満了日を早めることを提案する / let ends come sooner that are fixed already");
  command->add_option("--settlement", options->settlement,
                      "出納整理期間の扱い / how April and May count for NEXT_FY: actual-date | account-year");
  command->add_option("--unknown-parts", options->unknown,
                      "月日が不明な日付 / unknown month or day: latest-possible | person-decides");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) { return propose(now, *gate, *options); });
}

void add_decision(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = group->add_subcommand(verb, help);
  command->add_option("version", options->version, "規則の版 / version of the rule")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  command->add_option("--file", options->file, "特定個人情報ファイル / record file")->required();
  if (decision == "approve") {
    command->add_option(
        "--shortened-count", options->count,
        "満了日が早まる件数。--shortens の規則に要る / how many ends come sooner, of a rule with --shortens");
    command->add_option("--earliest-end", options->earliest,
                        "新しい満了日のうち最も早い日 / the earliest of the new ends, YYYY-MM-DD");
  }
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) { return decide(now, *gate, *options, *code, decision); });
}

void add_list(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("list", "規則と、規則のないファイル / rules, and files without one");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "retention-rules"));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
}

Result<void> due(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "expired-records"));
  boost::json::object body;
  if (!options.cursor.empty()) body["cursor"] = options.cursor;
  return act_through_gate(context, gate, posting(std::move(path), body));
}

Result<void> calendar(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "retention-calendar"));
  TRY(auto client, GateClient::open(context, gate));
  TRY(const auto reply, client.ask(context, {"GET", std::move(path), {}, {}, {}, {}}));
  if (!options.svg.empty()) {
    TRY(const auto drawn, calendar_svg(reply));
    TRY(write_public(options.svg, view_of(drawn)));
  }
  if (context.json) {
    context.show(reply);
    return success();
  }
  TRY(const auto chart, calendar_text(reply, context.japanese()));
  std::cout << chart;
  return success();
}

void add_due(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* list = group->add_subcommand("due", "保存期間満了データ一覧 / what is due");
  list->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_cursor_option(list, options->cursor);
  add_gate_options(list, context, gate, WithSession::Yes);
  on(list, context, [=](Context& now) { return due(now, *gate, *options); });
  auto other = std::make_shared<GateOptions>();
  auto* chart = group->add_subcommand("calendar", "月ごとの満了件数 / due per month");
  chart->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  chart->add_option("--svg", options->svg, "図をSVGで書き出すファイル / file for the chart as SVG");
  add_gate_options(chart, context, other, WithSession::Yes);
  on(chart, context, [=](Context& now) { return calendar(now, *other, *options); });
}

}  // namespace

void add_retention_gate_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* retention = app.get_subcommand("retention");
  add_due(retention, context, options);
  auto* rule = retention->add_subcommand("rule", "保存期間の規則 / rules of retention");
  rule->require_subcommand(1);
  add_propose(rule, context, options);
  add_decision(rule, context, options, "adopt",
               "別の人が別の端末で採択する / another person adopts it on another terminal", "approve");
  add_decision(rule, context, options, "reject", "採択しない / reject", "reject");
  add_list(rule, context, options);
}

}  // namespace shosoin::cli
