#include <fmt/core.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <set>

#include "admin-api/cli/check_command.h"
#include "admin-api/cli/command_tree.h"
#include "admin-api/cli/commands.h"
#include "admin-api/cli/definition_command.h"
#include "admin-api/cli/file_command.h"
#include "admin-api/cli/retention_command.h"
#include "admin-api/cli/synthetic_command.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

constexpr int kUsage = 64;  // EX_USAGE, as ErrorCode::BadRequest

std::string footer() {
  std::string text =
      "例 / examples:\n"
      "  shosoin init --officer officer1.json --officer officer2.json --shares-directory /media/custodians\n"
      "  shosoin session open --as officer1.json --out officer1.session\n"
      "  shosoin tenant create 132101 小金井市 --session officer1.session --session officer2.session\n"
      "  shosoin login --profile counter.toml --as operator.json --out operator.session\n"
      "  shosoin record retrieve --profile counter.toml --session operator.session --tenant 132101 \\\n"
      "      --file honnin-kakunin-joho --by addressee-number --value-file - --reason R01 --case 2026-118\n"
      "  shosoin verify certificate certificate.json --provisioning provisioning.json\n\n"
      "秘密や個人番号は、引数にも環境変数にも書かない。ファイル(0600)、標準入力、または端末で渡す。\n"
      "Secrets and individual numbers never go into arguments or the environment: files of mode 0600, standard input, "
      "or the "
      "terminal.\n\n"
      "終了コード / exit codes:\n"
      "    0  できた / done\n";
  std::set<int> told;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const auto& row = error_row(static_cast<ErrorCode>(i));
    if (!told.insert(row.exit_code).second) continue;
    std::string slugs;
    for (std::size_t j = i; j < kErrorCodeCount; ++j) {
      const auto& other = error_row(static_cast<ErrorCode>(j));
      if (other.exit_code == row.exit_code) slugs += fmt::format("{}{}", slugs.empty() ? "" : ", ", other.slug);
    }
    text += fmt::format("  {:>3}  {}\n", row.exit_code, slugs);
  }
  return text;
}

void add_all(CLI::App& app, Context& context) {
  add_init_command(app, context);
  add_boot_commands(app, context);
  add_session_commands(app, context);
  add_tenant_commands(app, context);
  add_operator_commands(app, context);
  add_terminal_commands(app, context);
  add_system_commands(app, context);
  add_backup_commands(app, context);
  add_drill_commands(app, context);
  add_login_commands(app, context);
  add_import_commands(app, context);
  add_record_commands(app, context);
  add_erasure_commands(app, context);
  add_hold_commands(app, context);
  add_appliance_log_commands(app, context);
  add_linking_commands(app, context);
  add_certificate_commands(app, context);
  add_verify_commands(app, context);
}

// CLI11 repeats the argument it stumbled over, and somebody may have put a number there.
bool may_hold_a_number(std::string_view text) {
  constexpr std::ptrdiff_t kFewDigits = 4;
  constexpr std::string_view kFullWidth = "\xEF\xBC";  // U+FF00 and behind: the full-width digits among them
  return std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) > kFewDigits ||
         text.find(kFullWidth) != text.npos;
}

// One line and the place of the help: CLI11's own words are English and long enough.
int refuse_usage(const CLI::App& app, const Context& context, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error, std::cout, std::cerr);
  const auto title =
      context.pick({"使い方が正しくありません。shosoin --help を見てください。", "Wrong usage. See shosoin --help."});
  const std::string detail = may_hold_a_number(error.what()) ? std::string() : error.what();
  if (context.json) {
    boost::json::object told{{"code", error_row(ErrorCode::BadRequest).slug}, {"title", title}, {"exitCode", kUsage}};
    if (!detail.empty()) told["detail"] = detail;
    std::cout << boost::json::serialize(told) << '\n';
  } else {
    std::cerr << "shosoin: " << title << (detail.empty() ? detail : " [" + detail + ']') << '\n';
  }
  return kUsage;
}

// An answer that did not arrive has not been given: a full disk behind standard output is no success.
int end_with(int code, const Context& context) {
  std::cout.flush();
  if (std::cout) return code;
  std::cerr << "shosoin: "
            << context.pick({"標準出力に書けません。行われたことは取り消されていません。状態を確かめてください。",
                             "Standard output cannot be written. What was done stays done: look at the state."})
            << '\n';
  return code != 0 ? code : error_row(ErrorCode::StorageFailed).exit_code;
}

}  // namespace

int run(int argc, char** argv) {
  Context context;
  CLI::App app("正倉院 - 特定個人情報ファイルの保管庫 / Shosoin, the store of specific personal information files",
               "shosoin");
  app.add_option("--lang", context.language, "表示言語 / language of the messages")
      ->check(CLI::IsMember({"ja", "en"}))
      ->capture_default_str();
  // Also before it is parsed: what comes first may be wrong already.
  context.json = std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
  app.add_flag("--json", context.json, "結果をJSON一行で / results as one line of JSON");
  app.add_option("--settings", context.settings, "設定ファイル / settings file")->capture_default_str();
  app.set_version_flag("--version", std::string("shosoin ") + SHOSOIN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer());
  if (auto prepared = memory::prepare_process(); !prepared) {
    context.fail(prepared.error());
    return context.exit_code();
  }
  CommandIo io{std::cin, std::cout, std::cerr, context.json, context.language};
  add_all(app, context);
  add_check_commands(app, io);
  add_file_commands(app, io);
  add_definition_commands(app, context, io);
  add_retention_commands(app, io);
  add_retention_gate_commands(app, context);
  add_synthetic_commands(app, io);
  if (argc == 2 && std::string_view(argv[1]) == "--commands") {  // for whoever builds the package, not in the help
    std::cout << command_tree(app) << '\n';
    return 0;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // the library's way to say help, version and wrong usage
    return end_with(refuse_usage(app, context, error), context);
  }
  return end_with(context.exit_code() != 0 ? context.exit_code() : io.exit_code, context);
}

}  // namespace shosoin::cli
