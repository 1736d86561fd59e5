// shosoin init: makes an appliance out of a TPM, a settings file and two security officers. Prints no secret.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/person.h"
#include "admin-api/service/init.h"
#include "firmware/base/clock.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::vector<std::string> officers, totp_out;
  std::string shares;
};

service::OfficerInput officer_from(Person& person) {
  service::OfficerInput officer;
  officer.id = person.id;
  officer.name = person.name;
  officer.section = person.section;
  officer.staff_number = person.staff_number;
  officer.password = person.password;
  officer.totp_secret = person.totp_secret;
  return officer;
}

Result<Person> officer(Context& context, const Options& options, std::size_t number) {
  if (number < options.officers.size()) return read_person(context, options.officers[number]);
  const std::size_t asked = number - options.officers.size();
  if (asked >= options.totp_out.size()) {
    return context.explain(Error{ErrorCode::BadRequest, "find two security officers"}, {}, "--officer | --totp-out");
  }
  context.say({"セキュリティ責任者を登録します。", "Enrolling a security officer."});
  return ask_person(context, options.totp_out[asked]);
}

Result<void> initialise(Context& context, const Options& options) {
  service::SettingsFault fault;
  auto settings = service::load_settings(context.settings, fault);
  if (!settings) return context.explain(settings.error(), {}, context.japanese() ? fault.ja : fault.en);
  for (const auto& path : options.totp_out) {
    TRY(check_totp_path(context, path));
  }
  service::InitInput input;
  for (std::size_t i = 0; i < input.officers.size(); ++i) {
    TRY(auto person, officer(context, options, i));
    input.officers[i] = officer_from(person);
  }
  input.share_directory = options.shares;
  std::string at;
  if (auto made = service::initialise_appliance(settings.value(), input, SystemClock(), &at); !made) {
    return context.explain(made.error(), at, {});
  }
  context.say({"初期化しました。管理者(custodian)の分散鍵5個は、それぞれ別の媒体に移し、ここから消してください。",
               "Initialised. Move each of the five custodian shares to a medium of its own and delete it here."});
  if (context.json) {
    context.show(boost::json::object{
        {"provisioning", (settings.value().data_directory / service::kProvisioningFile).string()},
        {"terminalAuthority", (settings.value().data_directory / service::kTerminalAuthorityFile).string()},
        {"sharesDirectory", options.shares}});
  }
  return success();
}

}  // namespace

void add_init_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("init", "装置を初期化する(一度だけ) / initialise the appliance, once");
  command
      ->add_option("--officer", options->officers,
                   "セキュリティ責任者のファイル(0600)、二人分 / file of a security officer, twice")
      ->allow_extra_args(false);
  command
      ->add_option("--totp-out", options->totp_out,
                   "端末で尋ねるとき、第二要素の秘密の保存先 / where to put the second factor's secret of an officer "
                   "asked for on the terminal")
      ->allow_extra_args(false);
  command
      ->add_option("--shares-directory", options->shares,
                   "分散鍵5個の置き場所(空) / directory for the five custodian shares, empty")
      ->required();
  command->footer(
      "例 / example:\n  shosoin init --officer aoki.json --officer baba.json --shares-directory /media/custodians\n"
      "本人のファイル / a person's file: {\"id\", \"name\", \"section\", \"staffNumber\", \"password\", \"totpSecret\" "
      "(base32)}");
  on(command, context, [options](Context& now) { return initialise(now, *options); });
}

}  // namespace shosoin::cli
