// shosoin status | clock status|accept | storage check | journal walk | batch run: the state of the appliance.
#include <boost/json/object.hpp>
#include <optional>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/local_client.h"

namespace shosoin::cli {
namespace {

using Sessions = std::shared_ptr<std::vector<std::string>>;

void add_plain(CLI::App* command, Context& context, const Sessions& sessions, protocol::RequestKind kind) {
  command
      ->add_option("--session", *sessions,
                   "セッションのファイル(修復モードでは不要) / file of the session; not needed in repair mode")
      ->allow_extra_args(false);
  on(command, context, [sessions, kind](Context& now) -> Result<void> {
    if (sessions->empty()) {
      TRY(const bool repairing, is_in_repair_mode(now));
      if (repairing) return act_without_session(now, {kind, 0, {}});
    }
    return act_locally(now, {kind, 0, {}}, *sessions);
  });
}

// The report is shown either way; damage makes the exit code that of `integrity`.
Result<void> check_storage(Context& context, const std::vector<std::string>& sessions) {
  protocol::Request request{protocol::RequestKind::StorageCheck, 0, {}};
  if (sessions.empty()) {  // repair mode counts what is there without keys: nothing is found sound or damaged
    TRY(const bool repairing, is_in_repair_mode(context));
    if (repairing) return act_without_session(context, std::move(request));
  }
  TRY(put_sessions(context, request, sessions));
  TRY(auto client, LocalClient::open(context));
  TRY(const auto reply, client.ask(context, std::move(request)));
  context.show(reply);
  const auto* whole = reply.if_object();
  const auto* report = whole != nullptr ? whole->if_contains("report") : nullptr;
  const auto* sound = report != nullptr && report->is_object() ? report->get_object().if_contains("sound") : nullptr;
  if (sound == nullptr || !sound->is_bool() || !sound->get_bool()) context.end_with(ErrorCode::Integrity);
  return success();
}

}  // namespace

void add_system_commands(CLI::App& app, Context& context) {
  auto sessions = std::make_shared<std::vector<std::string>>();
  add_plain(app.add_subcommand("status", "装置の状態 / state of the appliance"), context, sessions,
            protocol::RequestKind::Status);
  auto* health = app.add_subcommand("health", "起動しているか / whether the vault answers");
  on(health, context, [](Context& now) { return act_locally(now, {protocol::RequestKind::Health, 0, {}}, {}); });
  auto* provisioning = app.add_subcommand("provisioning", "検証者が控える装置の記録 / the record verifiers pin");
  on(provisioning, context, [](Context& now) {
    return act_locally(now, {protocol::RequestKind::ProvisioningShow, 0, {}}, {});
  });

  auto* storage = app.add_subcommand("storage", "保存データ / stored data");
  storage->require_subcommand(1);
  auto* check = storage->add_subcommand("check", "全部を調べる / walk everything and name what is damaged");
  check
      ->add_option("--session", *sessions,
                   "セッションのファイル(修復モードでは不要) / file of the session; not needed in repair mode")
      ->allow_extra_args(false);
  on(check, context, [sessions](Context& now) { return check_storage(now, *sessions); });
  auto* journal = app.add_subcommand("journal", "ジャーナル / the journal");
  journal->require_subcommand(1);
  add_plain(journal->add_subcommand("walk", "連鎖を確かめる / verify its chain; counts only, never contents"), context,
            sessions, protocol::RequestKind::JournalWalk);

  auto* clock = app.add_subcommand("clock", "保存期間を数える時刻 / the time retention counts with");
  clock->require_subcommand(1);
  add_plain(clock->add_subcommand("status", "受け入れた時刻とシステムの時計 / accepted time and the system clock"),
            context, sessions, protocol::RequestKind::ClockStatus);
  auto* accept = clock->add_subcommand(
      "accept", "今のシステムの時計を正しいと認める(二人) / the system clock is right; takes two officers");
  accept->add_option("--session", *sessions, "二人分 / twice, for two persons")->allow_extra_args(false)->required();
  on(accept, context, [sessions](Context& now) {
    return act_locally(now, {protocol::RequestKind::ClockAccept, 0, {}}, *sessions);
  });

  auto* batch = app.add_subcommand("batch", "消去のバッチ / erasure batches");
  batch->require_subcommand(1);
  auto now_flag = std::make_shared<bool>(false);
  auto* run_batch = batch->add_subcommand("run", "エポックを進める(二人) / advance the epoch; takes two officers");
  run_batch->add_flag("--now", *now_flag, "待たずに / at once")->required();
  run_batch->add_option("--session", *sessions, "二人分 / twice, for two persons")->allow_extra_args(false)->required();
  auto beyond = std::make_shared<std::optional<std::uint64_t>>();
  run_batch->add_option(
      "--beyond-cap", *beyond,
      "一日の上限を超えて行う: 断られたときに示されたエポック / beyond the cap of the day: the epoch told "
      "with the refusal");
  on(run_batch, context, [sessions, now_flag, beyond](Context& now) {
    protocol::Request request{protocol::RequestKind::BatchRun, 0, {}};
    const std::array<std::uint8_t, 1> flag{static_cast<std::uint8_t>(*now_flag ? 1 : 0)};
    protocol::set(request, protocol::FieldId::Now, ByteView(flag));
    if (*beyond) protocol::set(request, protocol::FieldId::Epoch, be(**beyond));
    return act_locally(now, std::move(request), *sessions);
  });
}

}  // namespace shosoin::cli
