// shosoin operator add|list|unlock|disable: people and what they may do.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/local_client.h"
#include "admin-api/cli/person.h"
#include "admin-api/service/people/permissions.h"

namespace shosoin::cli {
namespace {

using protocol::FieldId;

struct Options {
  std::string person_file, totp_out, role, tenant, id;
  std::vector<std::string> permissions, files, sessions;
};

struct Enrolment {
  Result<boost::json::value> reply;
  bool may_be_done;  // it was sent, and no answer came
};
Enrolment enrol(Context& context, protocol::Request request) {
  auto client = LocalClient::open(context);
  if (!client) return {client.error(), false};
  auto reply = client.value().ask(context, std::move(request));
  const bool unknown =
      !reply && (reply.error().code() == ErrorCode::Unavailable || reply.error().code() == ErrorCode::Internal);
  return {std::move(reply), unknown};
}

Result<void> add_person(Context& context, const Options& options) {
  protocol::Request request{protocol::RequestKind::PersonAdd, 0, {}};
  TRY(put_sessions(context, request, options.sessions));  // before anybody is asked
  Person person;
  const bool asks = options.person_file.empty();
  if (asks) {
    TRY(person, ask_person(context, options.totp_out));
  } else {
    TRY(person, read_person(context, options.person_file));
  }
  protocol::set(request, FieldId::PersonId, std::string_view(person.id));
  protocol::set(request, FieldId::Password, std::string_view(person.password));
  protocol::set(request, FieldId::PersonName, std::string_view(person.name));
  protocol::set(request, FieldId::Section, std::string_view(person.section));
  protocol::set(request, FieldId::StaffNumber, std::string_view(person.staff_number));
  protocol::set(request, FieldId::Role, std::string_view(options.role));
  protocol::set(request, FieldId::TotpSecret, ByteView(person.totp_secret));
  if (!options.tenant.empty()) protocol::set(request, FieldId::TenantCode, std::string_view(options.tenant));
  std::string permissions;
  for (const auto& permission : options.permissions) permissions += (permissions.empty() ? "" : ",") + permission;
  for (const auto& file : options.files) permissions += (permissions.empty() ? "file:" : ",file:") + file;
  if (!permissions.empty()) protocol::set(request, FieldId::Permissions, std::string_view(permissions));
  const auto done = enrol(context, std::move(request));
  if (!done.reply) {
    if (asks) forget_totp(context, options.totp_out, done.may_be_done);
    return done.reply.error();
  }
  context.show(done.reply.value());
  return success();
}

void add_act_on_person(CLI::App* group, Context& context, const std::shared_ptr<Options>& options, const char* verb,
                       const char* help, protocol::RequestKind kind) {
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "操作者ID / the person's id")->required();
  command->add_option("--session", options->sessions, "二人分 / twice, for two persons")
      ->allow_extra_args(false)
      ->required();
  on(command, context, [options, kind](Context& now) {
    protocol::Request request{kind, 0, {}};
    protocol::set(request, FieldId::PersonId, std::string_view(options->id));
    return act_locally(now, std::move(request), options->sessions);
  });
}

}  // namespace

void add_operator_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("operator", "操作者 / people: operators, managers, officers");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();

  auto* add = group->add_subcommand("add", "登録する(二人) / enrol a person; takes two officers");
  add->add_option(
      "--person", options->person_file,
      "本人のファイル(0600)、省略時は端末で尋ねる / the person's file; asked for on the terminal otherwise");
  add->add_option("--totp-out", options->totp_out,
                  "端末で尋ねるとき、第二要素の秘密の保存先 / where to put the second factor's secret when asking");
  add->add_option("--role", options->role,
                  "operator | dataProtectionManager | auditOfficer | systemAdministrator | securityOfficer")
      ->required();
  add->add_option("--tenant", options->tenant, "団体コード / tenant");
  const auto names = service::permission_names();
  add->add_option("--permission", options->permissions,
                  "権限、繰り返し可、なければ役割のもの。" + names +
                      " / permission, may be repeated; none: the role's own. One of " + names)
      ->allow_extra_args(false);
  add->add_option(
         "--file", options->files,
         "扱うファイルの名前、繰り返し可、団体の人には必ず要る (shosoin file list) / record file, may be repeated; "
         "everybody of a tenant needs one")
      ->allow_extra_args(false);
  add->add_option("--session", options->sessions, "二人分 / twice, for two persons")
      ->allow_extra_args(false)
      ->required();
  on(add, context, [options](Context& now) { return add_person(now, *options); });

  auto* list = group->add_subcommand("list", "一覧 / list people");
  list->add_option("--session", options->sessions)->allow_extra_args(false)->required();
  on(list, context, [options](Context& now) {
    return act_locally(now, {protocol::RequestKind::PersonList, 0, {}}, options->sessions);
  });
  add_act_on_person(group, context, options, "unlock", "ロックを解く(二人) / lift the lock; takes two officers",
                    protocol::RequestKind::PersonUnlock);
  add_act_on_person(group, context, options, "disable", "利用を止める(二人) / disable; takes two officers",
                    protocol::RequestKind::PersonDisable);
}

}  // namespace shosoin::cli
