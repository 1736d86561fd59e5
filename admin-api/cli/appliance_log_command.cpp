// shosoin appliance-log show|rule|erase|hold|release: the months of the log of the appliance itself; two security
// officers decide (decision 0078).
#include "admin-api/cli/commands.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/local_client.h"
#include "firmware/base/ids.h"

namespace shosoin::cli {
namespace {

using protocol::FieldId;
using protocol::RequestKind;

struct Options {
  std::string proposal, rule, period, citation, name, reason, reference, hold;
  std::vector<std::string> sessions, months;
};
using Shared = std::shared_ptr<Options>;

void add_sessions(CLI::App* command, const Shared& options, const char* help) {
  command->add_option("--session", options->sessions, help)->allow_extra_args(false)->required();
}
constexpr const char* kTwo = "二人分 / twice, for two security officers";
constexpr const char* kOne = "セッションのファイル / file of the session";

void put(protocol::Request& request, FieldId field, const std::string& text) {
  if (!text.empty()) protocol::set(request, field, std::string_view(text));
}

void add_rule(CLI::App* group, Context& context, const Shared& options) {
  auto* command = group->add_subcommand(
      "rule",
      "保存期間の規則を採択する。満了した月は申請なしに消える / adopt a rule: months whose term has ended go by it");
  command->add_option("--proposal", options->proposal, "案のID / id of a proposal, e.g. access-log-7y");
  command->add_option("--rule", options->rule, "EXCL | INCL | NEXT_FY | NEXT_CY");
  command->add_option("--period", options->period, "期間、最短1年 / period, a year at least, e.g. 7y");
  command->add_option("--citation", options->citation, "根拠となる規程 / the rule it rests on");
  add_sessions(command, options, kTwo);
  on(command, context, [options](Context& now) {
    protocol::Request request{RequestKind::ApplianceLogRule, 0, {}};
    put(request, FieldId::ProposalId, options->proposal);
    put(request, FieldId::CountingRule, options->rule);
    put(request, FieldId::RetentionPeriod, options->period);
    put(request, FieldId::Ground, options->citation);
    return act_locally(now, std::move(request), options->sessions);
  });
}

void add_erase(CLI::App* group, Context& context, const Shared& options) {
  auto* command = group->add_subcommand(
      "erase",
      "満了した月の消去を承認する。次のバッチで消える / approve the erasure of months: the next batch takes them");
  command->add_option("--month", options->months, "ログの月(2019-04)、繰り返し可 / month of the log, may be repeated")
      ->allow_extra_args(false)
      ->required();
  add_sessions(command, options, kTwo);
  on(command, context, [options](Context& now) {
    protocol::Request request{RequestKind::ApplianceLogErase, 0, {}};
    put(request, FieldId::LogMonths, with_commas(options->months));
    return act_locally(now, std::move(request), options->sessions);
  });
}

void add_holds(CLI::App* group, Context& context, const Shared& options) {
  auto* hold = group->add_subcommand("hold", "廃棄停止をかける / set a hold");
  hold->add_option("--name", options->name, "名称 / name")->required();
  hold->add_option("--reason", options->reason, "disclosure-request | litigation | audit | review-request")->required();
  hold->add_option("--case", options->reference, "案件番号 / case");
  hold->add_option("--month", options->months, "ログの月、繰り返し可、なければ全部 / month, may be repeated; none: all")
      ->allow_extra_args(false);
  add_sessions(hold, options, kOne);
  on(hold, context, [options](Context& now) {
    protocol::Request request{RequestKind::ApplianceLogHold, 0, {}};
    put(request, FieldId::HoldName, options->name);
    put(request, FieldId::ReasonCode, options->reason);
    put(request, FieldId::CaseReference, options->reference);
    put(request, FieldId::LogMonths, with_commas(options->months));
    return act_locally(now, std::move(request), options->sessions);
  });

  auto* release = group->add_subcommand("release", "廃棄停止を解除する / release a hold");
  release->add_option("id", options->hold, "廃棄停止のID / id of the hold")->required();
  add_sessions(release, options, kTwo);
  on(release, context, [options](Context& now) -> Result<void> {
    const auto id = from_hex(options->hold);
    if (!id || id->size() != Id16<struct HoldMeaning>::kSize) {
      return now.explain(Error{ErrorCode::BadRequest, "read the id of a hold"}, {}, "id");
    }
    protocol::Request request{RequestKind::ApplianceLogRelease, 0, {}};
    protocol::set(request, FieldId::HoldId, ByteView(*id));
    return act_locally(now, std::move(request), options->sessions);
  });
}

}  // namespace

void add_appliance_log_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto* group =
      app.add_subcommand("appliance-log", "保管庫そのもののログの月 / months of the log of the appliance itself");
  group->require_subcommand(1);
  auto* show = group->add_subcommand("show", "規則、月、廃棄停止、消去 / rule, months, holds, erasures");
  add_sessions(show, options, kOne);
  on(show, context, [options](Context& now) {
    return act_locally(now, {RequestKind::ApplianceLogShow, 0, {}}, options->sessions);
  });
  add_rule(group, context, options);
  add_erase(group, context, options);
  add_holds(group, context, options);
}

}  // namespace shosoin::cli
