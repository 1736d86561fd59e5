// shosoin record retrieve|show: with a reason, one subject at a time; search values only from a file or standard input.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/search_words.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, file, by, value_file, birth_date_file, reason, reference, id, group, cursor;
  bool with_number = false;
};

boost::json::object reason_of(const Options& options) {
  boost::json::object reason;
  if (!options.reason.empty()) reason["reasonCode"] = options.reason;
  if (!options.reference.empty()) reason["caseReference"] = options.reference;
  return reason;
}

Result<void> retrieve(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/retrievals"));
  boost::json::object key;
  for (const auto& known : kSearchWords) {
    if (options.by == known.option) key["kind"] = known.kind;
  }
  const bool whole_table = options.by == "group";
  if (whole_table ? options.group.empty() : options.value_file.empty()) {
    return context.explain(Error{ErrorCode::BadRequest, "find what to search by"}, {},
                           whole_table ? "--group" : "--value-file");
  }
  if (whole_table) {
    key["value"] = options.group;
  } else {
    TRY(auto value, line_of(options.value_file));
    key["value"] = value;
    memory::wipe(value);
  }
  if (!options.birth_date_file.empty()) {
    TRY(auto date, line_of(options.birth_date_file));
    key["birthDate"] = date;
  }
  boost::json::object body{{"searchKey", std::move(key)}, {"includeIndividualNumber", options.with_number}};
  if (!options.group.empty() && !whole_table) body["group"] = options.group;
  if (!options.cursor.empty()) body["cursor"] = options.cursor;
  if (auto reason = reason_of(options); !reason.empty()) body["accessReason"] = std::move(reason);
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  return act_through_gate(context, gate, std::move(request));
}

Result<void> show(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto path, path_of(options.tenant, "files/" + options.file + "/records/" + options.id + "/retrievals"));
  boost::json::object body{{"includeIndividualNumber", options.with_number}};
  if (auto reason = reason_of(options); !reason.empty()) body["accessReason"] = std::move(reason);
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of(body);
  return act_through_gate(context, gate, std::move(request));
}

void add_common(CLI::App* command, Context& context, const std::shared_ptr<Options>& options,
                const std::shared_ptr<GateOptions>& gate) {
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  command->add_option("--file", options->file, "特定個人情報ファイル / record file")->required();
  command->add_option("--reason", options->reason, "処理事由 / reason code; without it the vault refuses");
  command->add_option("--case", options->reference, "案件番号 / case reference");
  command->add_flag("--show-individual-number", options->with_number,
                    "個人番号を表示(権限が要る) / unmask; takes the permission");
  add_gate_options(command, context, gate, WithSession::Yes);
}

}  // namespace

void add_record_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto gate = std::make_shared<GateOptions>();
  auto* group = app.add_subcommand("record", "記録の照会 / records");
  group->require_subcommand(1);

  auto* search = group->add_subcommand("retrieve", "検索キーで照会する / retrieve by a search key");
  std::vector<std::string> names;
  for (const auto& key : kSearchWords) names.emplace_back(key.option);
  search->add_option("--by", options->by, "検索キーの種類 / kind of the key")->required()->check(CLI::IsMember(names));
  search->add_option("--value-file", options->value_file,
                     "値のファイル、-は標準入力 / file of the value, - for standard input");
  search->add_option("--group", options->group,
                     "この表だけ。--by group ではその表の一覧 / this table only; with --by group, its list");
  add_cursor_option(search, options->cursor);
  search->add_option("--birth-date-file", options->birth_date_file,
                     "生年月日のファイル(カナ氏名のとき) / file of the birth date, for kana");
  add_common(search, context, options, gate);
  on(search, context, [=](Context& now) { return retrieve(now, *gate, *options); });

  auto* lost =
      group->add_subcommand("lost", "復元で戻らなかった記録の一覧 / records that a restore could not bring back");
  lost->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(lost, context, gate, WithSession::Yes);
  on(lost, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "lost-records"));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });

  auto* by_id = group->add_subcommand("show", "記録IDで照会する / retrieve by record id");
  by_id->add_option("id", options->id, "記録ID(16進32桁) / record id")->required();
  add_common(by_id, context, options, gate);
  on(by_id, context, [=](Context& now) { return show(now, *gate, *options); });
}

}  // namespace shosoin::cli
