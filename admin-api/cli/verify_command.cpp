// shosoin verify certificate|provisioning: offline, with nothing but the two files. Says what is proven, declared and
// not proven.
#include <fmt/core.h>

#include <iostream>
#include <optional>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/erasure_paper.h"
#include "admin-api/cli/files.h"
#include "crypto/canonical_json.h"
#include "storage/erasure/certificate.h"
#include "storage/files/identifiers.h"

namespace shosoin::cli {
namespace {

constexpr std::size_t kMaxCertificate = 16u << 20;

struct Files {
  std::string certificate, record;
  // None: not asked about. An empty one is an answer that is missing, never a question that was not put.
  std::optional<std::string> tenant;         // whose it must be
  std::optional<std::string> custodian_key;  // as on paper: 128 hex digits, in either case
};

// One of several files: the refusal says which.
Result<std::string> read_named(Context& context, const std::string& path) {
  auto text = read_text(path, kMaxCertificate);
  if (!text) return context.explain(text.error(), {}, path);
  return text;
}

// The record brings its own key: only who compares it with the paper knows whose record it is.
Result<erasure::ProvisioningRecord> read_record(Context& context, const Files& files) {
  TRY(auto text, read_named(context, files.record));
  auto record = erasure::read_provisioning_record(text);
  if (!record) return context.explain(record.error(), {}, files.record);
  const auto& key = record.value().pins.custodian_key;
  if (!files.custodian_key) return record;
  const auto paper = from_hex(*files.custodian_key);
  if (!paper || paper->size() != key.x.size() + key.y.size()) {
    return context.explain(Error{ErrorCode::InvalidContent, "read the custodians' key"}, "--custodian-key",
                           std::string(context.pick({"16進128桁です。", "It has 128 hex digits."})));
  }
  if (to_hex(*paper) != to_hex(key.x) + to_hex(key.y)) {
    return context.explain(
        Error{ErrorCode::InvalidContent, "match the provisioning record with the custodians' key"}, {},
        std::string(
            context.pick({"装置の記録は、紙に控えた管理者(custodian)の鍵で署名されていません。別の装置の記録です。",
                          "The provisioning record is not signed by the custodians' key on paper: it is another "
                          "appliance's."})));
  }
  return record;
}

// The wording is part of the design (section 4): it must promise neither more nor less.
constexpr Text kProven{
    "TPMが証明したこと: "
    "TPMの連鎖がちょうどこの記録(manifest)"
    "の分だけ進み、カウンターが示された値以上にあり、示された鍵領域は公開の値で上書きされている。",
    "Proven by the TPM: its chain advanced by exactly this manifest, its counter stands at the value shown or beyond, "
    "and the named slot now holds the public value."};
constexpr Text kDeclared{
    "破壊の前に固定された、保管庫の申告: "
    "これらの行の鍵へは、その鍵領域を通らなければ届かず、新しい世代には含まれていない。",
    "Declared by the vault, fixed before the destruction: the keys of these rows were reachable only through that slot "
    "and are not "
    "in the new generation."};
constexpr Text kMonthsDeclared{
    "破壊の前に固定された、保管庫の申告: "
    "申告に示された月(logMonths)のログの鍵へは、その鍵領域を通らなければ届かず、新しい世代には含まれていない。",
    "Declared by the vault, fixed before the destruction: the keys of the months of the log that are named "
    "(logMonths) were reachable only through that slot and are not in the new generation."};
constexpr Text kRemovalDeclared{
    "保管庫が破棄の前に固定した申告: "
    "この団体の鍵は、その鍵領域を通らなければ届かず、新しいエポックの表には載っていない。団体の行はすべて数えた。",
    "Declared by the vault, fixed before the destruction: the tenant's keys were reachable only through that slot and "
    "are not in the new epoch's table; all of its rows were counted."};
constexpr Text kRemovalNotProven{
    "証明されていないこと: "
    "それ以前に鍵がメモリーから写し取られていないこと、返還された内容が欠けていないこと、申告に漏れがないこと。",
    "Not proven: that no key was copied from memory before, that what was handed over is whole, nor that the "
    "declaration is complete."};
constexpr Text kNotProven{
    "証明されていないこと: それ以前に鍵がメモリーから写し取られていないこと、申告に漏れがないこと。",
    "Not proven: that no key was copied from memory before, nor that the declaration is complete."};
constexpr Text kSoftware{"注意: ソフトウェアTPMで作られた証明書です。証拠としての価値はありません。",
                         "Note: made on a software TPM; it has no evidential value."};

bool is_removal(const erasure::CertificateCheck& check) {
  return check.kind == erasure::CertificateKind::TenantRemoval;
}
// Empty where it is about records, or about nothing of a tenant.
std::string log_months(const erasure::CertificateCheck& check) {
  const auto declaration = crypto::parse_strict(check.declaration);
  return declaration && declaration.value().is_object() ? log_months_in(declaration.value().get_object())
                                                        : std::string();
}
const Text& declared(const erasure::CertificateCheck& check) {
  if (is_removal(check)) return kRemovalDeclared;
  return log_months(check).empty() ? kDeclared : kMonthsDeclared;
}
const Text& not_proven(const erasure::CertificateCheck& check) {
  return is_removal(check) ? kRemovalNotProven : kNotProven;
}

void show_valid(const Context& context, const erasure::CertificateCheck& check) {
  std::cout << context.pick({"消去証明書は正しいものです。", "The certificate holds."}) << '\n';
  if (is_removal(check)) {
    std::cout << context.pick({"団体の廃止の証明書です。", "It is the certificate of a tenant's removal."}) << '\n';
  }
  if (check.kind == erasure::CertificateKind::Batch) {
    std::cout << context.pick({"一つのバッチ全体の証明書です。団体ごとの申告は含みません。",
                               "It is the certificate of a whole batch; it holds no declaration of a tenant."})
              << '\n';
  }
  const auto months = log_months(check);
  const Text extent = months.empty() ? Text{"記録の行数", "record rows"} : Text{"ログの月", "months of the log"};
  std::cout << fmt::format("{}: {}\n{}: {}\n{}: {}\n", context.pick({"証明書番号", "serial"}), check.serial,
                           context.pick({"エポック", "epoch"}), check.epoch, context.pick(extent),
                           months.empty() ? std::to_string(check.rows) : months);
  for (const Text& text : {kProven, declared(check), not_proven(check)})
    std::cout << "- " << context.pick(text) << '\n';
  if (check.software_tpm) std::cout << context.pick(kSoftware) << '\n';
  const auto declaration = crypto::parse_strict(check.declaration);
  if (declaration) context.show(declaration.value());
}

std::string reason_of(const erasure::CertificateCheck& check, bool japanese) {
  std::string reason(erasure::describe(check.fault, japanese));
  if (check.fault == erasure::CertificateFault::TpmEvidence) {
    reason += ": ";
    reason += erasure::describe(check.evidence, japanese);
  }
  return reason;
}

void show_json(const Context& context, const erasure::CertificateCheck& check) {
  const bool valid = check.fault == erasure::CertificateFault::None;
  boost::json::object told{{"valid", valid},
                           {"serial", check.serial},
                           {"epoch", check.epoch},
                           {"rows", check.rows},
                           {"batch", check.kind == erasure::CertificateKind::Batch},
                           {"tenantRemoval", is_removal(check)},
                           {"softwareTpm", check.software_tpm}};
  if (valid) {
    told["proven"] = std::string(context.pick(kProven));
    told["declared"] = std::string(context.pick(declared(check)));
    told["notProven"] = std::string(context.pick(not_proven(check)));
    const auto declaration = crypto::parse_strict(check.declaration);
    if (declaration) told["declaration"] = declaration.value();
  } else {
    told["reason"] = reason_of(check, context.japanese());
  }
  context.show(told);
}

Result<void> verify_certificate_file(Context& context, const Files& files) {
  TRY(auto record, read_record(context, files));
  if (files.tenant && !files::LocalGovernmentCode::parse(*files.tenant)) {
    return context.explain(Error{ErrorCode::InvalidContent, "read a local government code"}, "--tenant",
                           std::string(context.pick({"6桁です。", "It has six digits, the last a check digit."})));
  }
  TRY(auto text, read_named(context, files.certificate));
  const auto check = erasure::verify_certificate(text, record, files.tenant.value_or(""));
  const bool valid = check.fault == erasure::CertificateFault::None;
  if (context.json) {
    show_json(context, check);
  } else if (valid) {
    show_valid(context, check);
  } else {
    std::cout << context.pick({"消去証明書は正しくありません: ", "The certificate does not hold: "})
              << reason_of(check, context.japanese()) << '\n';
  }
  if (!valid) context.end_with(ErrorCode::InvalidContent);
  return success();
}

Result<void> verify_record_file(Context& context, const Files& files) {
  TRY(auto record, read_record(context, files));
  context.say({"装置の記録は、管理者(custodian)の署名と一致します。",
               "The provisioning record agrees with the custodians' signature."});
  context.show(
      boost::json::object{{"applianceId", record.appliance_id},
                          {"madeAt", record.made_at},
                          {"tpmManufacturer", record.tpm_manufacturer},
                          {"softwareTpm", record.software_tpm},
                          {"signingKey", to_hex(record.signing_key)},
                          {"custodianKey", to_hex(record.pins.custodian_key.x) + to_hex(record.pins.custodian_key.y)}});
  if (record.software_tpm) context.say(kSoftware);
  return success();
}

}  // namespace

void add_verify_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("verify", "オフラインの検証 / offline verification");
  group->require_subcommand(1);
  auto files = std::make_shared<Files>();
  const auto with_paper = [&](CLI::App* command) {
    command->add_option(
        "--custodian-key", files->custodian_key,
        "紙に控えた管理者(custodian)の公開鍵、16進128桁 / the custodians' public key on paper, 128 hex digits");
  };
  auto* certificate = group->add_subcommand("certificate", "消去証明書を検証する / verify a certificate of erasure");
  certificate->add_option("file", files->certificate, "消去証明書 / certificate")->required();
  certificate->add_option("--provisioning", files->record, "控えておいた装置の記録 / the pinned provisioning record")
      ->required();
  certificate->add_option("--tenant", files->tenant,
                          "この団体コードのものであること / it must be this tenant's: local government code");
  with_paper(certificate);
  on(certificate, context, [=](Context& now) { return verify_certificate_file(now, *files); });
  auto* provisioning = group->add_subcommand("provisioning", "装置の記録を検証する / verify a provisioning record");
  provisioning->add_option("file", files->record, "装置の記録 / record")->required();
  with_paper(provisioning);
  on(provisioning, context, [=](Context& now) { return verify_record_file(now, *files); });
}

}  // namespace shosoin::cli
