// shosoin certificate get: the certificate of an erasure, byte for byte as it was signed.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string tenant, serial, out;
  std::uint64_t epoch = 0;
};

Result<void> get(Context& context, const GateOptions& gate, const Options& options, std::string path) {
  TRY(auto client, GateClient::open(context, gate));
  TRY(auto text, client.fetch(context, {"GET", std::move(path), {}, {}, {}, {}}));
  TRY(write_public(options.out, view_of(text)));
  if (options.out != "-") context.say({"保存しました。", "Saved."});
  return success();
}

}  // namespace

void add_certificate_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto gate = std::make_shared<GateOptions>();
  auto* group = app.add_subcommand("certificate", "消去証明書 / certificates of erasure");
  group->require_subcommand(1);
  auto* one = group->add_subcommand("get", "消去証明書を受け取る / fetch a certificate");
  one->add_option("serial", options->serial, "証明書番号(16進64桁) / serial")->required();
  one->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  one->add_option("--out", options->out, "保存先、-は標準出力 / where to put it")->required();
  add_gate_options(one, context, gate, WithSession::Yes);
  on(one, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "certificates/" + options->serial));
    return get(now, *gate, *options, std::move(path));
  });
  auto* batch = group->add_subcommand("batch",
                                      "バッチ全体の証明書を受け取る(空のバッチにもある) / fetch the certificate of a "
                                      "whole batch; empty ones have one too");
  batch->add_option("--epoch", options->epoch, "バッチが至ったエポック / the epoch it led to")->required();
  batch->add_option("--out", options->out, "保存先、-は標準出力 / where to put it")->required();
  add_gate_options(batch, context, gate, WithSession::Yes);
  on(batch, context, [=](Context& now) {
    return get(now, *gate, *options, "/v1/batches/" + std::to_string(options->epoch) + "/certificate");
  });
  gate = std::make_shared<GateOptions>();  // that one takes no session: not the same options
  auto* record =
      group->add_subcommand("provisioning", "装置の記録を受け取る / fetch the provisioning record that verifiers pin");
  record->add_option("--out", options->out, "保存先 / where to put it")->required();
  add_gate_options(record, context, gate, WithSession::No);
  on(record, context, [=](Context& now) { return get(now, *gate, *options, "/v1/provisioning-record"); });
}

}  // namespace shosoin::cli
