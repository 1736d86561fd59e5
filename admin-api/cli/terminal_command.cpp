// shosoin terminal add|list|revoke: the certificates from which a login is possible at all.
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/local_client.h"

namespace shosoin::cli {
namespace {

using protocol::FieldId;
constexpr std::size_t kMaxRequestFile = 16u << 10;

struct Options {
  std::string request_file, name, tenant, out, fingerprint;
  std::vector<std::string> sessions;
};

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeRequest {
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
};

// PKCS#10 from PEM to DER; whether it may be signed is decided in the vault.
Result<Bytes> read_request(Context& context, const std::string& path) {
  auto text = read_text(path, kMaxRequestFile);
  if (!text) return context.explain(text.error(), {}, path);
  const std::unique_ptr<BIO, FreeBio> in(BIO_new_mem_buf(text.value().data(), static_cast<int>(text.value().size())));
  const std::unique_ptr<X509_REQ, FreeRequest> request(PEM_read_bio_X509_REQ(in.get(), nullptr, nullptr, nullptr));
  if (!request)
    return context.explain(Error{ErrorCode::BadRequest, "read a certificate request (PEM, PKCS#10)"}, {}, path);
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) return Error{ErrorCode::Internal, "encode a certificate request"};
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<void> add(Context& context, const Options& options) {
  TRY(auto der, read_request(context, options.request_file));
  protocol::Request request{protocol::RequestKind::TerminalAdd, 0, {}};
  protocol::set(request, FieldId::Csr, ByteView(der));
  protocol::set(request, FieldId::TerminalName, std::string_view(options.name));
  if (!options.tenant.empty()) protocol::set(request, FieldId::TenantCode, std::string_view(options.tenant));
  TRY(put_sessions(context, request, options.sessions));
  TRY(auto client, LocalClient::open(context));
  TRY(auto reply, client.ask(context, std::move(request)));
  auto* certificate = reply.is_object() ? reply.get_object().if_contains("certificate") : nullptr;
  if (certificate == nullptr || !certificate->is_string()) {
    return Error{ErrorCode::Internal, "find the certificate in the vault's answer"};
  }
  TRY(write_public(options.out, view_of(std::string_view(certificate->get_string()))));
  reply.get_object().erase("certificate");
  context.show(reply);
  return success();
}

Result<void> revoke(Context& context, const Options& options) {
  const auto fingerprint = from_hex(options.fingerprint);
  if (!fingerprint || fingerprint->size() != 32) {
    return Error{ErrorCode::BadRequest, "read a fingerprint: 64 hexadecimal digits"};
  }
  protocol::Request request{protocol::RequestKind::TerminalRevoke, 0, {}};
  protocol::set(request, FieldId::Fingerprint, ByteView(*fingerprint));
  return act_locally(context, std::move(request), options.sessions);
}

}  // namespace

void add_terminal_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("terminal", "端末 / terminals");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();

  auto* add_one =
      group->add_subcommand("add", "端末を登録し証明書を発行する(二人) / enrol and certify; takes two officers");
  add_one
      ->add_option("--csr", options->request_file,
                   "端末で作った証明書要求(PEM) / certificate request made on the terminal")
      ->required();
  add_one->add_option("--name", options->name, "端末の名称 / name")->required();
  add_one->add_option("--tenant", options->tenant, "団体コード / tenant");
  add_one->add_option("--out", options->out, "証明書の保存先 / where to put the certificate")->required();
  add_one->add_option("--session", options->sessions, "二人分 / twice, for two persons")
      ->allow_extra_args(false)
      ->required();
  on(add_one, context, [options](Context& now) { return add(now, *options); });

  auto* list = group->add_subcommand("list", "一覧 / list terminals");
  list->add_option("--session", options->sessions)->allow_extra_args(false)->required();
  on(list, context, [options](Context& now) {
    return act_locally(now, {protocol::RequestKind::TerminalList, 0, {}}, options->sessions);
  });
  auto* revoke_one = group->add_subcommand("revoke", "失効させる(二人) / revoke; takes two officers");
  revoke_one->add_option("fingerprint", options->fingerprint, "端末証明書の指紋(16進64桁) / fingerprint")->required();
  revoke_one->add_option("--session", options->sessions, "二人分 / twice, for two persons")
      ->allow_extra_args(false)
      ->required();
  on(revoke_one, context, [options](Context& now) { return revoke(now, *options); });
}

}  // namespace shosoin::cli
