#include "admin-api/service/retention/erasure_witness.h"

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/stored_json.h"
#include "firmware/base/limits_erasure.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;

constexpr std::string_view kAsked = "asked", kAccepted = "acceptedAt", kSession = "session", kUntil = "until";

// The session's row is there as long as the person is logged in, and reading it waits for nobody.
Result<bool> is_present(Parts& parts, const ErasureFacts& facts) {
  const auto accepted = number_member(facts.witness, kAccepted);
  const auto session = from_hex(text_member(facts.witness, kSession));
  if (accepted < 0 || !session) return Error{ErrorCode::Integrity, "read the witness of an erasure"};
  const auto since = parts.legal.now() - Instant(std::chrono::milliseconds(accepted));
  if (since < std::chrono::milliseconds{0} || since > limits::kWitnessPresent) return false;
  TRY(const auto row, parts.zero().get({TableId::Sessions, *session}));
  return row.has_value();
}

Result<bool> is_witness(Parts& parts, const ErasureFacts& facts, const Person& person) {
  return same_human(parts.zero(), text_member(facts.witness, "operatorId"), person);
}

Result<void> need_to_witness(Context& context) {
  if (context.by().grant.has(Permission::Audit)) return success();
  return need(context, Permission::ApproveErasure);
}

Result<void> check_not_the_applicant(Parts& parts, Context& context, const ErasureFacts& facts) {
  static constexpr Explanation kOther{
      "申請した本人、または申請した端末からは立ち会えません。別の人が別の端末で立ち会ってください。",
      "Who applied, or the terminal of the application, cannot be the witness. Another person "
      "confirms it on another terminal."};
  bool same = facts.requested_at == context.terminal;
  if (!same && facts.requested_by != "appliance") {
    TRY(same, same_human(parts.zero(), facts.requested_by, context.by().person));
  }
  if (!same) return success();
  return refuse_in_words(context, {ErrorCode::SamePerson, "witness the erasure of an own application"}, kOther);
}

Result<void> check_waits_for_witness(Context& context, const ErasureFacts& facts) {
  if (facts.state == "approved" && needs_witness(facts)) return success();
  return refuse_in_words(context, {ErrorCode::Conflict, "witness an erasure that waits for no witness"},
                         {"立会いを待っている申請ではありません。申請の状態を確かめてください。",
                          "The application does not wait for a witness. Look at its state."});
}

}  // namespace

bool needs_witness(const ErasureFacts& facts) { return facts.witness.contains(kAsked); }
void ask_for_witness(ErasureFacts& facts) { facts.witness = {{kAsked, true}}; }

Result<std::string_view> witness_refusal(Parts& parts, const ErasureFacts& facts, const Context* executor) {
  if (!needs_witness(facts)) return std::string_view{};
  if (!facts.witness.contains(kSession)) return std::string_view("witness-required");
  TRY(const bool present, is_present(parts, facts));
  if (!present) return std::string_view("witness-lapsed");
  if (executor != nullptr && executor->caller) {
    TRY(const bool same, is_witness(parts, facts, executor->by().person));
    if (same) return std::string_view("witness-executes");
  }
  return std::string_view{};
}

Error refuse_witness(Context& context, std::string_view reason) {
  static constexpr Explanation kRequired{
      "立会いが求められています。申請者でない人が、別の端末で shosoin erasure witness を行ってから実施してください。",
      "A witness was asked for: a person who did not apply confirms presence on another terminal (shosoin erasure "
      "witness), then execute."};
  static constexpr Explanation kLapsed{
      "立会いの確認から15分が過ぎたか、立会人がログアウトしました。もう一度確認してから実施してください。",
      "The witness confirmed more than 15 minutes ago, or has logged out. Confirm once more, then execute."};
  static constexpr Explanation kExecutes{"立会人は自分で実施できません。別の人が実施してください。",
                                         "The witness may not execute. Another person executes."};
  static_assert(limits::kWitnessPresent == std::chrono::minutes{15});  // as the words say
  context.told["reason"] = reason;
  if (reason == "witness-executes") {
    return refuse_in_words(context, {ErrorCode::SamePerson, "execute what one witnesses"}, kExecutes);
  }
  return refuse_in_words(context, {ErrorCode::Conflict, "execute an erasure without its witness"},
                         reason == "witness-lapsed" ? kLapsed : kRequired);
}

json::object witness_told(const ErasureFacts& facts) {
  json::object out;
  for (const auto* name : {"operatorId", "name", "section", "at", "terminal"}) {
    if (const auto* member = facts.witness.if_contains(name)) out[name] = *member;
  }
  return out;
}

Answer erasure_witness(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need_to_witness(context));
  TRY(const auto before, erasure_in(context, *store));
  TRY(check_not_the_applicant(parts, context, before));
  TRY(check_waits_for_witness(context, before));
  TRY(fresh_code(parts, context));
  TRY(parts.legal.look(parts.appliance, parts.clock));  // so that the quarter of an hour begins now
  auto facts = before;
  TRY(store->change([&](std::uint64_t) -> Result<Change> {
    TRY(auto now, find_erasure(*store, before.id));
    if (!now) return Error{ErrorCode::NotFound, kNothing};
    facts = std::move(*now);
    TRY(check_waits_for_witness(context, facts));
    const auto accepted = parts.legal.now();
    facts.witness = person_time_and_terminal(context);
    facts.witness[kAsked] = true;
    facts.witness[kAccepted] = accepted.time_since_epoch().count();
    facts.witness[kSession] = to_hex(context.by().session.id);
    facts.witness[kUntil] = to_iso8601(accepted + limits::kWitnessPresent);
    auto line = log_object(context, "erasure-witness", "ok");
    line["until"] = facts.witness[kUntil];
    return Change{erasure_entries(facts), {}, {}, log_entry(line)};
  }));
  context.logged = true;
  auto out = summary(parts, facts);
  out["witnessUntil"] = facts.witness[kUntil];
  return out;
}

}  // namespace shosoin::service
