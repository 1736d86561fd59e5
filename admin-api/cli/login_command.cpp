// shosoin login|logout: an operator through the gate.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/login_reply.h"
#include "admin-api/cli/person.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string person_file, code_file, out;
  int step = 0;
};

Result<void> log_in(Context& context, const GateOptions& gate, const Options& options) {
  TRY(auto client, GateClient::open(context, gate));
  TRY(auto person, read_person(context, options.person_file));
  TRY(auto code, second_factor(context, person, options.code_file, options.step));
  GateRequest request{"POST", "/v1/sessions", {}, {}, "application/json", {}};
  request.body = body_of({{"operatorId", person.id}, {"password", person.password}, {"totpCode", code}});
  TRY(auto reply, client.ask(context, std::move(request)));
  return keep_session(context, reply, person.id, options.out);
}

}  // namespace

void add_login_commands(CLI::App& app, Context& context) {
  auto gate = std::make_shared<GateOptions>();
  auto options = std::make_shared<Options>();
  auto* login = app.add_subcommand("login", "端末からログインする / log in at a terminal, through the gate");
  add_gate_options(login, context, gate, WithSession::No);
  login->add_option("--as", options->person_file, "本人のファイル(0600) / the person's file")->required();
  login->add_option("--code-file", options->code_file,
                    "認証コードのファイル、-は標準入力 / file of the code, - for standard input");
  login
      ->add_option("--totp-step", options->step, "開発用: コードの時間枠 / development: time step of the computed code")
      ->check(CLI::Range(-1, 1));
  login->add_option("--out", options->out, "セッションの保存先 / where to keep the session")->required();
  on(login, context, [gate, options](Context& now) { return log_in(now, *gate, *options); });

  gate = std::make_shared<GateOptions>();  // login takes no session: not the same options
  auto* logout = app.add_subcommand("logout", "ログアウトする / log out");
  add_gate_options(logout, context, gate, WithSession::Yes);
  on(logout, context, [gate](Context& now) {
    return act_through_gate(now, *gate, {"DELETE", "/v1/sessions/current", {}, {}, {}, {}});
  });
  auto* who = app.add_subcommand("whoami", "今のセッション / the present session");
  add_gate_options(who, context, gate, WithSession::Yes);
  on(who, context, [gate](Context& now) {
    return act_through_gate(now, *gate, {"GET", "/v1/sessions/current", {}, {}, {}, {}});
  });
}

}  // namespace shosoin::cli
