// shosoin hold set|release|approve|reject|list: set by one person, released by two; what a search key looks for comes
// from a file.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/search_words.h"
#include "firmware/base/ids.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, file, id, name, reason, reference, by, value_file, birth_date_file, key;
  std::vector<std::string> records, months;
};
using Shared = std::shared_ptr<Options>;

Result<boost::json::object> key_of(const Options& options) {
  boost::json::object key;
  for (const auto& known : kSearchWords) {
    if (options.by == known.option) key["kind"] = known.kind;
  }
  TRY(auto value, line_of(options.value_file));
  key["value"] = value;
  memory::wipe(value);
  if (!options.birth_date_file.empty()) {
    TRY(auto date, line_of(options.birth_date_file));
    key["birthDate"] = date;
  }
  return key;
}

Result<void> set_hold(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/holds"));
  boost::json::object body{{"name", options.name}, {"reason", options.reason}};
  if (!options.reference.empty()) body["caseReference"] = options.reference;
  if (!options.records.empty()) {
    body["recordIds"] = boost::json::array(options.records.begin(), options.records.end());
  }
  if (!options.months.empty()) body["months"] = with_commas(options.months);
  if (!options.by.empty()) {
    if (options.value_file.empty()) {
      return context.explain(Error{ErrorCode::BadRequest, "find what to hold by"}, {}, "--value-file");
    }
    TRY(auto key, key_of(options));
    body["searchKey"] = std::move(key);
  }
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  request.idempotency_key = options.key.empty() ? Id16<struct IdempotencyMeaning>::random().hex() : options.key;
  return act_through_gate(context, gate, std::move(request));
}

void add_set(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("set", "廃棄停止をかける / set a hold");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  command
      ->add_option("--file", options->file,
                   "特定個人情報ファイル、access-log、working-documents / record file, access-log, working-documents")
      ->required();
  command->add_option("--name", options->name, "名称 / name")->required();
  command->add_option("--reason", options->reason, "理由 / disclosure-request | litigation | audit | review-request")
      ->required();
  command->add_option("--case", options->reference, "案件番号 / case");
  command
      ->add_option("--record", options->records,
                   "記録ID、繰り返し可。working-documents のときは文書のID、なければ全部 / record id, may be repeated; "
                   "with --file "
                   "working-documents: id of a document, none: all")
      ->allow_extra_args(false);
  command
      ->add_option("--month", options->months,
                   "--file access-log のとき: ログの月、繰り返し可、なければ全部 / with --file access-log: month of "
                   "the log, may be "
                   "repeated; none: all")
      ->allow_extra_args(false);
  std::vector<std::string> names;
  for (const auto& word : kSearchWords) names.emplace_back(word.option);
  command->add_option("--by", options->by, "記録IDの代わりに検索キーで / by a search key in place of record ids")
      ->check(CLI::IsMember(names));
  command->add_option("--value-file", options->value_file,
                      "値のファイル、-は標準入力 / file of the value, - for standard input");
  command->add_option("--birth-date-file", options->birth_date_file,
                      "生年月日のファイル(カナ氏名のとき) / file of the birth date, for kana");
  command->add_option("--idempotency-key", options->key, "やり直すときは同じ値を / the same value when repeating");
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) { return set_hold(now, *gate, *options); });
}

void add_release(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("release", "解除を申請する / ask for the release");
  command->add_option("id", options->id, "廃棄停止のID / id of the hold")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "holds/" + options->id + "/release"));
    return act_through_gate(now, *gate, {"POST", std::move(path), {}, {}, {}, {}});
  });
}

void add_decision(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "廃棄停止のID / id of the hold")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "holds/" + options->id + "/decision"));
    TRY(auto fresh, fresh_code(now, *gate, *code));
    GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
    request.body = body_of({{"totpCode", fresh}, {"decision", decision}});
    return act_through_gate(now, *gate, std::move(request));
  });
}

void add_list(CLI::App* group, Context& context, const Shared& options) {
  auto gate = std::make_shared<GateOptions>();
  auto* command = group->add_subcommand("list", "廃棄停止の一覧 / holds");
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "holds"));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
}

}  // namespace

void add_hold_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* group = app.add_subcommand("hold", "廃棄停止: 一人がかけ、二人で解除する / holds: set by one, released by two");
  group->require_subcommand(1);
  add_set(group, context, options);
  add_release(group, context, options);
  add_decision(group, context, options, "approve",
               "別の人が別の端末で解除する / another person releases it on another terminal", "approve");
  add_decision(group, context, options, "reject", "解除しない / keep it", "reject");
  add_list(group, context, options);
}

}  // namespace shosoin::cli
