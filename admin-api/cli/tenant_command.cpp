// shosoin tenant create|list|remove|withdraw-removal|certificate|removal: one municipality or prefecture is one tenant.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/local_client.h"
#include "crypto/canonical_json.h"
#include "crypto/hash.h"

namespace shosoin::cli {
namespace {

using protocol::FieldId;

constexpr std::size_t kMaxReceipt = 64u << 20;  // a scanned receipt

struct Options {
  std::string code, name, again, receiver, document, day, receipt, serial, out;
  std::vector<std::string> sessions;
};
using Shared = std::shared_ptr<Options>;

void add_two_sessions(CLI::App* command, const Shared& options) {
  command->add_option("--session", options->sessions, "二人分 / twice, for two persons")
      ->allow_extra_args(false)
      ->required();
}
void add_one_session(CLI::App* command, const Shared& options) {
  command->add_option("--session", options->sessions)->allow_extra_args(false)->required();
}
void add_code(CLI::App* command, const Shared& options) {
  command->add_option("code", options->code, "全国地方公共団体コード6桁 / six digits, e.g. 132101")->required();
}
void add_receipt(CLI::App* command, const Shared& options, bool required) {
  command->add_option("--again", options->again, "団体コードをもう一度 / the same code again")->required(required);
  command->add_option("--receipt", options->receipt, "受領書のファイル / file of the receipt")->required(required);
}

// The receipt itself stays where it is: its SHA-256 goes along.
Result<std::string> digest_of_receipt(Context& context, const Options& options) {
  TRY(const auto text, read_text(options.receipt, kMaxReceipt));
  if (text.empty()) {
    return context.explain(Error{ErrorCode::InvalidContent, "read the receipt"}, {},
                           context.japanese() ? "受領書のファイルが空です。" : "The file of the receipt is empty.");
  }
  return to_hex(crypto::sha256(view_of(text)));
}

Result<void> ask_for_removal(Context& context, const Options& options) {
  TRY(const auto digest, digest_of_receipt(context, options));
  protocol::Request request{protocol::RequestKind::TenantRemovalRequest, 0, {}};
  protocol::set(request, FieldId::TenantCode, std::string_view(options.code));
  protocol::set(request, FieldId::TenantCodeAgain, std::string_view(options.again));
  protocol::set(request, FieldId::Receiver, std::string_view(options.receiver));
  protocol::set(request, FieldId::DocumentNumber, std::string_view(options.document));
  protocol::set(request, FieldId::HandedOverOn, std::string_view(options.day));
  protocol::set(request, FieldId::ReceiptDigest, std::string_view(digest));
  return act_locally(context, std::move(request), options.sessions);
}

void add_remove(CLI::App* group, Context& context, const Shared& options) {
  auto* command = group->add_subcommand(
      "remove",
      "団体の廃止を申請する。団体の保護管理者が承認すると、次のバッチですべて消える / ask for the removal of a "
      "tenant; approved by its manager, the next batch removes all of it");
  add_code(command, options);
  add_receipt(command, options, true);
  command->add_option("--receiver", options->receiver, "返還を受けた団体または機関 / who received what was handed over")
      ->required();
  command->add_option("--document", options->document, "受領書の文書番号 / number of the receipt")->required();
  command->add_option("--handed-over-on", options->day, "返還の日 / day of the hand-over, YYYY-MM-DD")->required();
  add_one_session(command, options);
  on(command, context, [options](Context& now) { return ask_for_removal(now, *options); });

  auto* withdraw = group->add_subcommand("withdraw-removal", "廃止の申請を取り下げる / withdraw the request");
  add_code(withdraw, options);
  add_one_session(withdraw, options);
  on(withdraw, context, [options](Context& now) {
    protocol::Request request{protocol::RequestKind::TenantRemovalWithdraw, 0, {}};
    protocol::set(request, FieldId::TenantCode, std::string_view(options->code));
    return act_locally(now, std::move(request), options->sessions);
  });
}

void add_decision(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  const bool approves = decision == "approve";
  auto* command = group->add_subcommand(verb, help);
  command->add_option("--tenant", options->code, "団体コード / tenant")->required();
  if (approves) add_receipt(command, options, true);
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->code, "removal/decision"));
    boost::json::object body{{"decision", decision}};
    if (approves) {
      TRY(body["receiptDigest"], digest_of_receipt(now, *options));
      body["localGovernmentCodeAgain"] = options->again;
    }
    TRY(body["totpCode"], fresh_code(now, *gate, *code));
    GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
    request.body = body_of(body);
    return act_through_gate(now, *gate, std::move(request));
  });
}

// The certificates of a tenant that is gone: nobody of it asks for them any more. A certificate is canonical JSON, so
// that its text is the same again.
Result<void> fetch_certificate(Context& context, const Options& options) {
  TRY(auto client, LocalClient::open(context));
  protocol::Request request{protocol::RequestKind::CertificateShow, 0, {}};
  protocol::set(request, FieldId::TenantCode, std::string_view(options.code));
  protocol::set(request, FieldId::Serial, std::string_view(options.serial));
  TRY(put_sessions(context, request, options.sessions));
  TRY(const auto certificate, client.ask(context, std::move(request)));
  const auto text = crypto::canonical_json(certificate);
  TRY(write_public(options.out, view_of(text)));
  if (options.out != "-") context.say({"保存しました。", "Saved."});
  return success();
}

void add_certificate(CLI::App* group, Context& context, const Shared& options) {
  auto* command =
      group->add_subcommand("certificate", "廃止した団体の証明書 / a certificate of a tenant that was removed");
  add_code(command, options);
  command->add_option("serial", options->serial, "証明書番号(16進64桁) / serial")->required();
  command->add_option("--out", options->out, "保存先、-は標準出力 / where to put it")->required();
  add_one_session(command, options);
  on(command, context, [options](Context& now) { return fetch_certificate(now, *options); });
}

// What the tenant's own people do, at their terminals.
void add_removal(CLI::App* group, Context& context, const Shared& options) {
  auto* removal = group->add_subcommand("removal", "自団体の廃止の申請 / the request for the removal of one's tenant");
  removal->require_subcommand(1);
  auto gate = std::make_shared<GateOptions>();
  auto* show = removal->add_subcommand("show", "申請を見る / show it");
  show->add_option("--tenant", options->code, "団体コード / tenant")->required();
  add_gate_options(show, context, gate, WithSession::Yes);
  on(show, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->code, "removal"));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  add_decision(removal, context, options, "approve", "承認する(保護管理者) / approve it, as a manager", "approve");
  add_decision(removal, context, options, "reject", "取りやめる / end it", "reject");
}

}  // namespace

void add_tenant_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("tenant", "団体 / tenants: municipalities and prefectures");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();

  auto* create = group->add_subcommand("create", "団体を作る(二人) / create a tenant; takes two officers");
  add_code(create, options);
  create->add_option("name", options->name, "名称 / name, e.g. 小金井市")->required();
  add_two_sessions(create, options);
  on(create, context, [options](Context& now) {
    protocol::Request request{protocol::RequestKind::TenantCreate, 0, {}};
    protocol::set(request, FieldId::TenantCode, std::string_view(options->code));
    protocol::set(request, FieldId::TenantName, std::string_view(options->name));
    return act_locally(now, std::move(request), options->sessions);
  });

  auto* list = group->add_subcommand("list", "団体の一覧。廃止したものも / list tenants, removed ones too");
  add_one_session(list, options);
  on(list, context, [options](Context& now) {
    return act_locally(now, {protocol::RequestKind::TenantList, 0, {}}, options->sessions);
  });
  add_remove(group, context, options);
  add_certificate(group, context, options);
  add_removal(group, context, options);
}

}  // namespace shosoin::cli
