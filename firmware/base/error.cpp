#include "firmware/base/error.h"

#include <array>

namespace shosoin {
namespace {

// Exit codes follow sysexits.h where one fits. HTTP statuses follow RFC 9110.
constexpr std::array<ErrorRow, kErrorCodeCount> kTable{{
    {ErrorCode::BadRequest, "bad-request", 400, 64, "要求の形が正しくありません。書式を確かめて、もう一度送ってください。",
     "The request is malformed. Check its form and send it again."},
    {ErrorCode::InvalidContent, "invalid-content", 422, 65, "値に誤りがあります。示された項目を直してください。何も変更していません。",
     "A value is not acceptable. Correct the item named; nothing was changed."},
    {ErrorCode::NotAuthenticated, "not-authenticated", 401, 77,
     "認証できませんでした。端末、ID、パスワード、認証コードを確かめてください。10回失敗するとロックされます。",
     "Not authenticated. Check terminal, ID, password and code; ten failures lock the account."},
    {ErrorCode::SessionExpired, "session-expired", 401, 77, "操作のない時間が続いたため、強制ログアウトしました。もう一度ログインしてください。",
     "The session has ended. Log in again."},
    {ErrorCode::NotPermitted, "not-permitted", 403, 77, "この操作の権限がありません。保護管理者に申請してください。",
     "You are not permitted to do this. Apply to the data-protection manager."},
    {ErrorCode::NotFound, "not-found", 404, 69, "該当するものがありません。番号と対象を確かめてください。",
     "Nothing matches. Check the number and the target."},
    {ErrorCode::Conflict, "conflict", 409, 75, "今の状態ではできません。状態を確かめてから、やり直してください。",
     "The present state does not allow this. Look at the state and try again."},
    {ErrorCode::AlreadyLoggedIn, "already-logged-in", 409, 75, "このIDは別の端末でログイン中です。先にその端末でログアウトしてください。",
     "This ID is logged in on another terminal. Log out there first."},
    {ErrorCode::SamePerson, "same-person", 403, 77, "申請した本人、または同じ端末からは承認できません。別の人が別の端末で承認してください。",
     "The requester, or the same terminal, may not approve. Another person must approve on another terminal."},
    {ErrorCode::Erased, "erased", 410, 69, "この記録は消去されました。消去証明書を確かめてください。",
     "This record has been erased. See the certificate of erasure."},
    {ErrorCode::TooEarly, "too-early", 409, 75, "保存期間が満了していないため、消去できません。",
     "Retention has not ended; the record must still be kept."},
    {ErrorCode::TooLarge, "too-large", 413, 65, "大きさが上限を超えています。分けて送ってください。",
     "Over the size limit. Send it in parts."},
    {ErrorCode::TooMany, "too-many", 429, 75, "件数または回数が上限を超えています。条件を絞るか、しばらく待ってください。",
     "Over a count or rate limit. Narrow the request or wait."},
    {ErrorCode::Locked, "locked", 423, 75, "停止、保留または修復中のため、できません。管理者に連絡してください。",
     "A hold, lock or repair stands in the way. Contact the manager."},
    {ErrorCode::Integrity, "integrity", 500, 74, "保存データが壊れているか欠けています。何も返していません。`shosoin storage check` を実行してください。",
     "Stored data is damaged or missing; nothing was answered. Run `shosoin storage check`."},
    {ErrorCode::StorageFull, "storage-full", 507, 74, "空き容量がありません。何も変更していません。管理者に連絡し、データのディスクの容量を空けてください。",
     "No space left; nothing was changed. Ask the administrator to free space on the data disk."},
    {ErrorCode::StorageFailed, "storage-failed", 503, 74, "書き込みの結果を確かめられないため、停止しました。再起動後にやり直してください。",
     "The outcome of a write is unknown; the vault stops. Try again after its restart."},
    {ErrorCode::RolledBack, "rolled-back", 503, 78,
     "保存状態がTPMより古いため、起動しません。何も変更していません。最新の保存状態、または state_copy の最新の写しを戻してください。",
     "The stored state is older than the TPM (a restored backup?). Nothing was changed; bring back the newest state or state copy."},
    {ErrorCode::Forked, "forked", 503, 78,
     "保存状態とTPMの経過が枝分かれしています。何も変更していません。確定した側の保存状態を戻してください。",
     "The stored state and the TPM have parted ways (a fork). Nothing was changed; bring back the state this TPM confirmed."},
    {ErrorCode::ForeignTpm, "foreign-tpm", 503, 78,
     "このサーバーのTPMは、初期化したときのTPMではありません。何も変更していません。元のTPMのサーバーで起動してください。",
     "This is not the TPM the installation was made with. Nothing was changed; start it on the server with its own TPM."},
    {ErrorCode::TpmRefused, "tpm-refused", 503, 69, "TPMが拒否しました。起動状態と設定を確かめてください。",
     "The TPM refused. Check the boot state and the settings."},
    {ErrorCode::TpmUnreachable, "tpm-unreachable", 503, 69, "TPMと通信できません。接続を確かめて、再起動してください。",
     "The TPM does not answer. Check it and restart."},
    {ErrorCode::Unavailable, "unavailable", 503, 69, "今は応答できません。しばらく待って、やり直してください。",
     "Not available now. Wait and try again."},
    {ErrorCode::Settings, "settings", 500, 78, "設定または導入状態に誤りがあります。示された行を直してください。",
     "The settings or the installation are wrong. Correct the line named."},
    {ErrorCode::Internal, "internal", 500, 70, "内部の誤りです。時刻を控えて、保守担当に連絡してください。",
     "An internal defect. Note the time and contact support."},
    {ErrorCode::RepairMode, "repair-mode", 503, 75,
     "保管庫がデータを書き込めないため、修復モードです。データのディスクの空き容量とマウントを直してください。書けるようになると自動で戻ります。",
     "The vault cannot write its data and is in repair mode. Mend space or mount of the data disk; it returns by itself once it can write."},
    {ErrorCode::OutOfMemory, "out-of-memory", 503, 75,
     "メモリーが足りないため、この要求を途中で止めました。行われたかどうかを確かめてから、やり直してください。",
     "Out of memory: this request was given up. Look whether it was done, then try again."},
    {ErrorCode::LostInRestore, "lost-in-restore", 410, 69,
     "この記録は、バックアップからの復元で戻りませんでした。保護管理者に知らせてください。原本から登録し直すか、消去を申請します。",
     "This record did not come back in a restore. Tell the data-protection manager: register it again from its source, or apply for its erasure."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

const ErrorRow& error_row(ErrorCode code) noexcept { return kTable[static_cast<std::size_t>(code)]; }

}  // namespace shosoin
