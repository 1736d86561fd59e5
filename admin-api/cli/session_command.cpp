// shosoin session open|show|close: a person on the local administration socket.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/local_client.h"
#include "admin-api/cli/login_reply.h"
#include "admin-api/cli/person.h"

namespace shosoin::cli {
namespace {

struct OpenOptions {
  std::string person_file, code_file, out;
  int step = 0;
};

Result<void> open_session(Context& context, const OpenOptions& options) {
  TRY(auto person, read_person(context, options.person_file));
  TRY(auto code, second_factor(context, person, options.code_file, options.step));
  protocol::Request request{protocol::RequestKind::Login, 0, {}};
  protocol::set(request, protocol::FieldId::PersonId, std::string_view(person.id));
  protocol::set(request, protocol::FieldId::Password, std::string_view(person.password));
  protocol::set(request, protocol::FieldId::Code, std::string_view(code));
  TRY(auto client, LocalClient::open(context));
  TRY(auto reply, client.ask(context, std::move(request)));
  return keep_session(context, reply, person.id, options.out);
}

}  // namespace

void add_session_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("session", "管理ソケットでのログイン / log in on the local administration socket");
  group->require_subcommand(1);

  auto opening = std::make_shared<OpenOptions>();
  auto* open = group->add_subcommand("open", "二要素でログインする / log in with both factors");
  open->add_option("--as", opening->person_file, "本人のファイル(0600) / the person's file")->required();
  open->add_option("--code-file", opening->code_file,
                   "認証コードのファイル、-は標準入力 / file of the code, - for standard input");
  open->add_option("--totp-step", opening->step,
                   "開発用: totpSecretから求めるコードの時間枠 / development: time step of the computed code")
      ->check(CLI::Range(-1, 1));
  open->add_option("--out", opening->out, "セッションの保存先 / where to keep the session")->required();
  on(open, context, [opening](Context& now) { return open_session(now, *opening); });

  auto files = std::make_shared<std::vector<std::string>>();
  auto* show = group->add_subcommand("show", "誰のいつまでのセッションか / whose it is and until when");
  show->add_option("--session", *files)->allow_extra_args(false)->required();
  on(show, context, [files](Context& now) {
    return act_locally(now, {protocol::RequestKind::SessionShow, 0, {}}, *files);
  });
  auto* close = group->add_subcommand("close", "ログアウトする / log out");
  close->add_option("--session", *files)->allow_extra_args(false)->required();
  on(close, context, [files](Context& now) {
    return act_locally(now, {protocol::RequestKind::Logout, 0, {}}, *files);
  });
}

}  // namespace shosoin::cli
