// shosoin backup create|verify, shosoin restore: copies that may lie anywhere, and the way back from one.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/local_client.h"
#include "admin-api/cli/person.h"
#include "admin-api/service/restore.h"

namespace shosoin::cli {
namespace {

struct RestoreOptions {
  std::string backup, remains;
  std::vector<std::string> persons, code_files;
};

Result<void> verify(Context& context, const std::string& directory) {
  std::string at;
  auto told = service::verify_backup(directory, &at);
  if (!told) return context.explain(told.error(), {}, at);
  context.say({"バックアップは作られたままです。", "The backup is as it was made."});
  context.show(told.value());
  return success();
}

Result<service::Factors> factors_of(Context& context, const RestoreOptions& options, std::size_t number) {
  TRY(auto person, read_person(context, options.persons[number]));
  service::Factors factors;
  TRY(factors.code, second_factor(context, person,
                                  number < options.code_files.size() ? options.code_files[number] : std::string(), 0));
  factors.id = person.id;
  factors.password = person.password;
  return factors;
}

Result<void> restore(Context& context, const RestoreOptions& options) {
  service::SettingsFault fault;
  auto settings = service::load_settings(context.settings, fault);
  if (!settings) return context.explain(settings.error(), {}, context.japanese() ? fault.ja : fault.en);
  if (options.persons.size() != 2) {
    return context.explain(
        Error{ErrorCode::NotAuthenticated, "find the two persons who declare a restore"}, {},
        std::string(context.pick({"--as を二人分、二回指定してください", "give --as twice, for two persons"})));
  }
  service::RestoreInput input;
  for (std::size_t i = 0; i < input.persons.size(); ++i) {
    TRY(input.persons[i], factors_of(context, options, i));
  }
  input.backup = options.backup;
  input.remains = options.remains;
  std::string at;
  auto declared = service::restore_appliance(settings.value(), input, SystemClock(), &at);
  if (!declared) return context.explain(declared.error(), {}, at);
  context.say({"復元しました。宣言はログに残りました。失われた範囲を保護管理者と監査責任者に知らせてください。",
               "Restored. The declaration stands in the log. Tell the data-protection managers and the audit officers "
               "what is lost."});
  context.show(declared.value());
  return success();
}

}  // namespace

void add_backup_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("backup", "バックアップ(暗号文のみ) / backups: ciphertext only");
  group->require_subcommand(1);
  auto sessions = std::make_shared<std::vector<std::string>>();
  auto* create = group->add_subcommand("create",
                                       "動作中に作る。状態の写しの下の backups に置く / make one while the vault "
                                       "serves, in `backups` beside the state copy");
  create->add_option("--session", *sessions, "セッションのファイル / file of the session")
      ->allow_extra_args(false)
      ->required();
  on(create, context, [sessions](Context& now) {
    return act_locally(now, {protocol::RequestKind::BackupCreate, 0, {}}, *sessions);
  });
  auto directory = std::make_shared<std::string>();
  auto* check = group->add_subcommand("verify", "オフラインで検証する / check one, offline and without keys");
  check->add_option("directory", *directory, "バックアップのディレクトリ / directory of the backup")->required();
  on(check, context, [directory](Context& now) { return verify(now, *directory); });

  auto options = std::make_shared<RestoreOptions>();
  auto* back = app.add_subcommand("restore",
                                  "バックアップと状態の写しから復元する(二人の宣言) / restore from a backup and the "
                                  "state copy; two persons declare it");
  back->add_option("--backup", options->backup, "バックアップのディレクトリ / directory of the backup")->required();
  back->add_option("--remains", options->remains,
                   "残っている古いデータディレクトリ。どこまで進んでいたかを読む / what is left of the old data "
                   "directory: its journal says "
                   "how far it had come");
  back->add_option("--as", options->persons, "本人のファイル(0600)、二人分 / a person's file, twice")
      ->allow_extra_args(false)
      ->required();
  back->add_option("--code-file", options->code_files,
                   "認証コードのファイル、同じ順に / files of the codes, in the same order")
      ->allow_extra_args(false);
  back->footer(
      "保管庫を止め、データディレクトリを別の場所へ移してから行います。TPMは変更しません。\n"
      "Stop the vault and move the data directory away first. The TPM is not changed.");
  on(back, context, [options](Context& now) { return restore(now, *options); });
}

}  // namespace shosoin::cli
