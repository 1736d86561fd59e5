// shosoin boot keygen|approve: for development installations. In production the firmware signer's key never comes near
// the server.
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/files.h"
#include "crypto/signature.h"
#include "firmware/memory/secret.h"
#include "hardware/tpm/boot_approval.h"

namespace shosoin::cli {
namespace {

constexpr std::size_t kMaxKeyFile = 16u << 10;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

Result<void> make_key(const std::string& out, const std::string& public_out) {
  const std::unique_ptr<EVP_PKEY, FreeKey> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<BIO, FreeBio> text(BIO_new(BIO_s_secmem()));
  if (!key || !text || PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Error{ErrorCode::Internal, "make a P-256 key"};
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  const std::string_view pem(bytes, static_cast<std::size_t>(size));
  TRY(auto point, crypto::p256_public_from_pem(pem));
  TRY(write_private(out, view_of(pem)));
  return write_public(public_out, view_of(crypto::p256_public_to_pem(point)));
}

struct Approval {
  std::string key, out, tcti;
  std::vector<unsigned> pcrs{0, 2, 4, 7};
};

Result<void> approve(Context& context, const Approval& options) {
  auto pem = read_private(options.key, kMaxKeyFile);
  if (!pem) return context.explain(pem.error(), {}, options.key);
  TRY(auto composite, tpm::read_pcr_composite(options.tcti, options.pcrs));
  auto text = tpm::make_boot_approval(pem.value(), options.pcrs, composite);
  memory::wipe(pem.value());
  TRY(auto approval, std::move(text));
  TRY(write_public(options.out, view_of(approval)));
  context.say({"今の起動状態を承認しました。", "The present boot state is approved."});
  return success();
}

}  // namespace

void add_boot_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("boot", "起動状態の承認(開発用) / approval of boot states, for development");
  group->require_subcommand(1);

  auto out = std::make_shared<std::string>();
  auto public_out = std::make_shared<std::string>();
  auto* keygen = group->add_subcommand("keygen", "署名鍵を作る / make a signing key");
  keygen->add_option("--out", *out, "秘密鍵の保存先(0600) / private key")->required();
  keygen->add_option("--public-out", *public_out, "公開鍵の保存先 / public key")->required();
  on(keygen, context, [=](Context&) { return make_key(*out, *public_out); });

  auto options = std::make_shared<Approval>();
  auto* sign = group->add_subcommand("approve", "今のTPMの起動状態に署名する / sign the boot state the TPM is in now");
  sign->add_option("--signing-key", options->key, "署名鍵(PEM、0600) / signing key")->required();
  sign->add_option("--pcrs", options->pcrs, "PCRの番号 / PCR numbers")->delimiter(',')->capture_default_str();
  sign->add_option("--tcti", options->tcti, "例 device:/dev/tpmrm0, swtpm:path=/run/swtpm.sock")->required();
  sign->add_option("--out", options->out, "保存先 / where to put the approval")->required();
  on(sign, context, [=](Context& now) { return approve(now, *options); });
}

}  // namespace shosoin::cli
