// shosoin drill old-image: what last month's disks are worth after an erasure. Demonstration and test installations
// only.
#include <fmt/core.h>

#include <iostream>

#include "admin-api/cli/commands.h"
#include "admin-api/service/drill.h"

namespace shosoin::cli {
namespace {

void tell(const Context& context, const boost::json::object& told) {
  const auto number = [&](const char* of, const char* what) {
    return told.at(of).as_object().at(what).to_number<int>();
  };
  std::cout << fmt::format(
      fmt::runtime(
          context.pick({"目印{}件を登録し、ディスクを写し、そのうち{}件を消去してエポックを{}に進めました。\n",
                        "Planted {} markers, copied the disks, erased {} of them and advanced to epoch {}.\n"})),
      told.at("planted").to_number<int>(), told.at("erased").to_number<int>(), told.at("epoch").to_number<int>());
  std::cout << fmt::format(
      fmt::runtime(context.pick(
          {"消去の前: "
           "写しと動いているTPMから、鍵{}個、存在の手がかり{}個が取り出せました(攻撃が本物である証拠です)。\n",
           "Before the erasure the copy and the live TPM yielded {} keys and {} signs of presence: the attack is "
           "real.\n"})),
      number("foundBeforeErasure", "keys"), number("foundBeforeErasure", "presences"));
  for (const auto& attempt : told.at("attempts").as_array()) {
    const auto& one = attempt.as_object();
    std::cout << fmt::format("  - {} {}: {}", context.pick({"エポック", "epoch"}), one.at("epoch").to_number<int>(),
                             std::string_view(one.at(context.japanese() ? "ja" : "en").as_string()));
    if (const auto code = one.at("tpmCode").to_number<std::int64_t>(); code != 0)
      std::cout << fmt::format(" (TPM 0x{:x})", code);
    std::cout << '\n';
  }
  std::cout << fmt::format(
      fmt::runtime(context.pick(
          {"消去の後: 消去した記録の鍵{}個、存在の手がかり{}個。残した記録は{}件とも読めます。\n",
           "After the erasure: {} keys and {} signs of presence of what was erased. The {} records that stay "
           "are readable.\n"})),
      number("foundAfterErasure", "keys"), number("foundAfterErasure", "presences"),
      told.at("liveReadable").to_number<int>());
}

Result<void> old_image(Context& context, const std::string& image) {
  service::SettingsFault fault;
  auto settings = service::load_settings(context.settings, fault);
  if (!settings) return context.explain(settings.error(), {}, context.japanese() ? fault.ja : fault.en);
  TRY(const auto told, service::drill_old_image(settings.value(), image, SystemClock()));
  if (context.json) {
    context.show(told);
  } else {
    tell(context, told);
  }
  if (!told.at("passed").as_bool()) context.end_with(ErrorCode::Integrity);
  return success();
}

}  // namespace

void add_drill_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand(
      "drill", "訓練(デモとテストの環境だけ) / drills, on demonstration and test installations only");
  group->require_subcommand(1);
  auto image = std::make_shared<std::string>();
  auto* old = group->add_subcommand(
      "old-image",
      "消去の前に写したディスクを、消去の後に攻撃する / attack a copy of the disks from before an erasure, after it");
  old->add_option("--image", *image, "写しの置き場所(まだないこと) / where the copy goes; must not exist")->required();
  old->footer(
      "保管庫を止めてから行います。訓練用の団体000000の目印だけを消去します。\n"
      "Stop the vault first. Only markers of the drill's own tenant 000000 are erased.");
  on(old, context, [image](Context& now) { return old_image(now, *image); });
}

}  // namespace shosoin::cli
