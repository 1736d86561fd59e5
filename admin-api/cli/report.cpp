#include "admin-api/cli/report.h"

#include <fmt/core.h>

#include <array>
#include <boost/json/serialize.hpp>

namespace shosoin::cli {
namespace {

struct Label {
  std::string_view field, ja, en;
};
constexpr std::array kLabels{
    Label{"addresseeNumber", "宛名番号", "addressee number"},
    Label{"appliance", "装置", "appliance"},
    Label{"approval", "承認", "approval"},
    Label{"approvedBy", "承認者", "approved by"},
    Label{"birthDate", "生年月日", "birth date"},
    Label{"caseReference", "案件番号", "case reference"},
    Label{"certificate", "消去証明書", "certificate"},
    Label{"code", "コード", "code"},
    Label{"confirmedBy", "確認者", "confirmed by"},
    Label{"count", "件数", "count"},
    Label{"detail", "詳細", "detail"},
    Label{"documentId", "業務文書", "document"},
    Label{"about", "対象のファイル", "about the file"},
    Label{"closedOn", "完結した日", "closed on"},
    Label{"allDocuments", "業務文書のすべて", "all documents"},
    Label{"disabled", "利用停止", "disabled"},
    Label{"encoding", "文字コード", "encoding"},
    Label{"epoch", "エポック", "epoch"},
    Label{"erasureId", "消去申請", "erasure"},
    Label{"file", "特定個人情報ファイル", "record file"},
    Label{"findings", "指摘", "findings"},
    Label{"fingerprint", "端末証明書の指紋", "fingerprint"},
    Label{"ground", "根拠", "ground"},
    Label{"citation", "根拠法令・規程", "citation"},
    Label{"period", "保存期間", "retention period"},
    Label{"end", "満了日", "end of retention"},
    Label{"purgeFrom", "廃棄可能日", "purge from"},
    Label{"daysOverdue", "超過日数", "days overdue"},
    Label{"expiredRecords", "保存期間満了データ一覧", "expired records"},
    Label{"withoutRule", "規則のないファイル", "record files without a rule"},
    Label{"damagedTenants", "保存データの壊れた団体", "tenants whose data are damaged"},
    Label{"proposedBy", "提案者", "proposed by"},
    Label{"holdId", "廃棄停止", "hold"},
    Label{"today", "数えるときの今日", "the day that counts"},
    Label{"hits", "該当", "hits"},
    Label{"accepted", "採用", "accepted"},
    Label{"quarantined", "保留", "quarantined"},
    Label{"refused", "不採用", "refused"},
    Label{"linkFlags", "番号の食違い", "link flags"},
    Label{"operatorId", "操作者ID", "operator"},
    Label{"localGovernmentCode", "団体コード", "local government code"},
    Label{"recordFile", "特定個人情報ファイル", "record file"},
    Label{"integratedAddresseeNumber", "統合宛名番号", "integrated addressee number"},
    Label{"version", "版", "version"},
    Label{"logged", "ログ", "logged"},
    Label{"line", "行", "line"},
    Label{"requestId", "要求番号", "request"},
    Label{"certificates", "消去証明書", "certificates"},
    Label{"expiresAt", "期限", "expires at"},
    Label{"people", "操作者", "people"},
    Label{"id", "ID", "id"},
    Label{"importId", "取込み", "import"},
    Label{"individualNumber", "個人番号", "individual number"},
    Label{"items", "項目", "items"},
    Label{"locked", "ロック", "locked"},
    Label{"medium", "媒体名", "medium"},
    Label{"method", "消去の方法", "method"},
    Label{"name", "名称", "name"},
    Label{"open", "開いている", "open"},
    Label{"pendingEpoch", "証明待ちのエポック", "pending epoch"},
    Label{"permissions", "権限", "permissions"},
    Label{"personId", "操作者ID", "person"},
    Label{"plannedDate", "予定日", "planned date"},
    Label{"quantity", "数量", "quantity"},
    Label{"ready", "準備完了", "ready"},
    Label{"reasonCode", "処理事由", "reason"},
    Label{"recordId", "記録ID", "record"},
    Label{"recordIds", "記録ID", "records"},
    Label{"records", "記録", "records"},
    Label{"rejected", "不採用", "rejected"},
    Label{"requestedAt", "申請日時", "requested at"},
    Label{"requestedBy", "申請者", "requested by"},
    Label{"residentRecordCode", "住民票コード", "resident record code"},
    Label{"revoked", "失効", "revoked"},
    Label{"role", "役割", "role"},
    Label{"rows", "行数", "rows"},
    Label{"section", "所属", "section"},
    Label{"serial", "証明書番号", "serial"},
    Label{"softwareTpm", "ソフトウェアTPM", "software TPM"},
    Label{"staffNumber", "職員番号", "staff number"},
    Label{"state", "状態", "state"},
    Label{"stateCopy", "状態の写し", "state copy"},
    Label{"status", "状態", "status"},
    Label{"tenant", "団体", "tenant"},
    Label{"tenantCode", "団体コード", "tenant"},
    Label{"tenants", "団体", "tenants"},
    Label{"terminal", "端末", "terminal"},
    Label{"terminals", "端末", "terminals"},
    Label{"title", "内容", "title"},
    Label{"numberChangeId", "番号変更の申請", "number change"},
    Label{"numberChanges", "番号変更の申請", "number changes"},
    Label{"changedOn", "変更の日", "changed on"},
    Label{"basis", "変更の区分", "basis"},
    Label{"decidedBy", "決裁者", "decided by"},
    Label{"superseded", "変更前の番号による検索", "searched by a former number"},
    Label{"formerIndividualNumbers", "変更前の個人番号", "former individual numbers"},
    Label{"omitted", "載せきれない件数", "omitted"},
    Label{"examined", "調べた項目", "examined"},
    Label{"integratedAddresseeNumbers", "統合宛名番号", "integrated addressee numbers"},
    Label{"addresseeNumbers", "宛名番号", "addressee numbers"},
    Label{"kind", "種類", "kind"},
    Label{"unconfirmed", "未確認", "unconfirmed"},
    Label{"values", "記録項目", "values"},
    Label{"accessReason", "処理事由", "reason for access"},
    Label{"acknowledgedBy", "受領者", "acknowledged by"},
    Label{"added", "追加", "added"},
    Label{"addedAt", "追加日時", "added at"},
    Label{"addresseeNumberInFront", "先頭の宛名番号", "addressee number in front"},
    Label{"agrees", "一致", "agrees"},
    Label{"alive", "稼働中", "alive"},
    Label{"allMonths", "すべての月", "all months"},
    Label{"allowed", "可否", "allowed"},
    Label{"amends", "改める版", "amends"},
    Label{"applied", "申請した件数", "applied for"},
    Label{"apartSeconds", "ずれ(秒)", "seconds apart"},
    Label{"at", "日時", "at"},
    Label{"atStart", "起動時の状態", "at the start"},
    Label{"automatic", "自動消去", "automatic"},
    Label{"backupDigest", "バックアップの要約値", "backup digest"},
    Label{"broken", "不正を検出", "broken"},
    Label{"byQuery", "検索条件による", "by query"},
    Label{"bytes", "バイト数", "bytes"},
    Label{"certified", "証明済み", "certified"},
    Label{"chain", "連鎖", "chain"},
    Label{"changeDigest", "変更の要約値", "digest of the changes"},
    Label{"changes", "変更点", "changes"},
    Label{"clock", "時計", "clock"},
    Label{"column", "列", "column"},
    Label{"conversions", "変換記録", "conversions"},
    Label{"counts", "内訳", "counts"},
    Label{"cursor", "続きの位置", "cursor"},
    Label{"decision", "決裁", "decision"},
    Label{"definition", "定義", "definition"},
    Label{"digest", "要約値", "digest"},
    Label{"directory", "ディレクトリ", "directory"},
    Label{"disagreementAtStart", "起動時の時刻の食違い", "disagreement at the start"},
    Label{"disposalId", "廃棄簿の項目", "item of the disposal register"},
    Label{"disposalRegister", "廃棄簿", "disposal register"},
    Label{"documentNumber", "文書番号", "document number"},
    Label{"due", "満了", "due"},
    Label{"earlierRecordId", "前の版の記録ID", "record of an earlier version"},
    Label{"earlierVersions", "前の版", "earlier versions"},
    Label{"earliestEnd", "最も早い満了日", "earliest end"},
    Label{"en", "英語", "English"},
    Label{"endedBy", "終了させた人", "ended by"},
    Label{"entries", "項目数", "entries"},
    Label{"erasures", "消去申請", "erasures"},
    Label{"event", "起算の基となる日", "event"},
    Label{"eventItems", "起算の項目", "event items"},
    Label{"events", "起算の基となる日", "events"},
    Label{"faults", "破損", "faults"},
    Label{"files", "ファイル", "files"},
    Label{"firstDay", "最初の日", "first day"},
    Label{"fiveDigitCodes", "5桁の団体コード", "five-digit codes"},
    Label{"frames", "フレーム数", "frames"},
    Label{"granted", "権限の付与", "granted"},
    Label{"group", "表", "table"},
    Label{"handOver", "引渡し", "hand-over"},
    Label{"handedOverOn", "引渡日", "handed over on"},
    Label{"header", "見出し行", "header"},
    Label{"held", "廃棄停止中", "held"},
    Label{"holds", "廃棄停止", "holds"},
    Label{"in", "場所", "in"},
    Label{"includeIndividualNumber", "個人番号を含む", "with the individual number"},
    Label{"instance", "要求の場所", "instance"},
    Label{"item", "項目", "item"},
    Label{"ivsCollection", "異体字の集合", "IVS collection"},
    Label{"ja", "日本語", "Japanese"},
    Label{"journalFrames", "ログのフレーム数", "journal frames"},
    Label{"key", "キー", "key"},
    Label{"lastDay", "最後の日", "last day"},
    Label{"lastRound", "前回の確認", "last round"},
    Label{"leftForTheNext", "次回に回した件数", "left for the next"},
    Label{"leftOut", "除いた団体", "left out"},
    Label{"lines", "行数", "lines"},
    Label{"localGovernmentCodeAgain", "団体コード(再入力)", "local government code again"},
    Label{"lockedAtGate", "端末でのロック", "locked at the gate"},
    Label{"lostRecords", "復元で失われた記録", "lost records"},
    Label{"madeAt", "作成日時", "made at"},
    Label{"message", "説明", "message"},
    Label{"month", "月", "month"},
    Label{"months", "月", "months"},
    Label{"more", "続きあり", "more"},
    Label{"nameEn", "英語の名称", "name in English"},
    Label{"newIndividualNumber", "新しい個人番号", "new individual number"},
    Label{"newest", "最新", "newest"},
    Label{"nextPart", "次の部分", "next part"},
    Label{"no", "番号", "no."},
    Label{"note", "注意", "note"},
    Label{"openTenants", "開いている団体", "open tenants"},
    Label{"openedAt", "開始日時", "opened at"},
    Label{"overdue", "期限超過", "overdue"},
    Label{"part", "部分", "part"},
    Label{"password", "パスワード", "password"},
    Label{"pointer", "誤りの場所", "pointer"},
    Label{"profile", "取込みの条件", "profile"},
    Label{"proposal", "提案", "proposal"},
    Label{"reason", "理由", "reason"},
    Label{"receiptDigest", "受領書の要約値", "digest of the receipt"},
    Label{"receiver", "引渡先", "receiver"},
    Label{"recordFiles", "特定個人情報ファイル", "record files"},
    Label{"releaseAskedBy", "解除の申請者", "release asked by"},
    Label{"releasedBy", "解除者", "released by"},
    Label{"reliability", "確かさ", "reliability"},
    Label{"remainder", "残りの申請", "remainder"},
    Label{"removal", "団体の削除", "removal"},
    Label{"removed", "削除された団体", "removed tenants"},
    Label{"removedAt", "削除日時", "removed at"},
    Label{"report", "報告", "report"},
    Label{"reported", "報告済み", "reported"},
    Label{"resume", "続行", "resume"},
    Label{"retention", "保存期間", "retention"},
    Label{"row", "行", "row"},
    Label{"rule", "規則", "rule"},
    Label{"ruleVersion", "規則の版", "version of the rule"},
    Label{"rules", "規則", "rules"},
    Label{"scheduler", "自動確認", "scheduler"},
    Label{"searchKey", "検索キー", "search key"},
    Label{"session", "セッション", "session"},
    Label{"setBy", "設定者", "set by"},
    Label{"settlement", "出納整理期間の扱い", "settlement months"},
    Label{"shortenedCount", "短縮される件数", "ends that come sooner"},
    Label{"shortens", "短縮の内容", "shortening"},
    Label{"site", "設置場所", "site"},
    Label{"sound", "異常なし", "sound"},
    Label{"source", "出典", "source"},
    Label{"standardCharacters", "行政事務標準文字", "standard characters"},
    Label{"system", "システムの時計", "system clock"},
    Label{"tables", "表", "tables"},
    Label{"tenantRemovals", "団体の削除", "removals of tenants"},
    Label{"termsComputed", "期間の計算済み", "terms computed"},
    Label{"total", "合計", "total"},
    Label{"totpCode", "認証コード", "code"},
    Label{"type", "種別", "type"},
    Label{"undetermined", "満了日が決まらない件数", "undetermined"},
    Label{"unknownParts", "不詳の部分の扱い", "unknown parts"},
    Label{"unreported", "未報告", "not reported"},
    Label{"unprovenSeconds", "時計で確かめられず認めた時間(秒)", "accepted unproven, seconds"},
    Label{"value", "値", "value"},
    Label{"unknown", "開いておらず不明の団体", "not open, so not known"},
    Label{"inForce", "いま適用", "in force"},
    Label{"undeterminedDecided", "満了日が決まらず人が判断", "undetermined: a person decided"},
    Label{"opens", "戻って開ける", "came back and opens"},
    Label{"lastSequencePresent", "戻った最後の変更の番号", "last change that came back"},
    Label{"lastSequenceKnown", "あったとわかる最後の変更の番号", "last change known of"},
    Label{"sequenceGoesOnAfter", "次の変更の番号はこの後", "changes go on after"},
    Label{"rowsLost", "失われた行", "rows lost"},
    Label{"rowsDropped", "鍵がなく捨てた行", "rows dropped, without a key"},
    Label{"lost", "失われたもの", "lost"},
    Label{"lostFrom", "失われた変更の最初の番号", "first change lost"},
    Label{"lostTo", "失われた変更の最後の番号", "last change lost"},
    Label{"backupMadeAt", "バックアップの作成日時", "backup made at"},
    Label{"backupEpoch", "バックアップのエポック", "epoch of the backup"},
    Label{"remainsRead", "古いデータのログを読んだ", "journal of the old data was read"},
    Label{"declaredBy", "宣言者", "declared by"},
    Label{"declaredAt", "宣言日時", "declared at"},
    Label{"operation", "操作", "operation"},
    Label{"versions", "版", "versions"},
    Label{"waiting", "待っている理由", "waiting"},
    Label{"witness", "立会人・外部証人", "witness"},
};

std::string scalar(const boost::json::value& value, bool japanese) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? (japanese ? "はい" : "yes") : (japanese ? "いいえ" : "no");
  if (value.is_null()) return "-";
  return boost::json::serialize(value);
}

bool is_leaf(const boost::json::value& value) { return !value.is_object() && !value.is_array(); }

void write(std::string& out, const boost::json::value& value, bool japanese, std::size_t depth);

void write_member(std::string& out, std::string_view label, const boost::json::value& value, bool japanese,
                  std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  if (is_leaf(value)) {
    out += fmt::format("{}{}: {}\n", indent, label, scalar(value, japanese));
  } else if ((value.is_array() && value.get_array().empty()) || (value.is_object() && value.get_object().empty())) {
    out += fmt::format("{}{}: {}\n", indent, label, japanese ? "なし" : "none");
  } else {
    out += fmt::format("{}{}:\n", indent, label);
    write(out, value, japanese, depth + 1);
  }
}

// An item of a record, {"name": ..., "value": ...}: one line, under the name printed in the register.
bool write_item(std::string& out, const boost::json::value& element, bool japanese, std::size_t depth) {
  if (!element.is_object()) return false;
  const auto* name = element.get_object().if_contains("name");
  const auto* value = element.get_object().if_contains("value");
  if (name == nullptr || value == nullptr || !name->is_string() || !is_leaf(*value)) return false;
  write_member(out, std::string_view(name->get_string()), *value, japanese, depth);
  return true;
}

// Depth is bounded by the strict parser that made the value.
void write(std::string& out, const boost::json::value& value, bool japanese, std::size_t depth) {
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      write_member(out, label_of(member.key(), japanese), member.value(), japanese, depth);
    }
  } else if (value.is_array()) {
    std::size_t number = 0;
    for (const auto& element : value.get_array()) {
      if (write_item(out, element, japanese, depth)) continue;
      write_member(out, fmt::format("{}", ++number), element, japanese, depth);
    }
  } else {
    out += fmt::format("{}{}\n", std::string(2 * depth, ' '), scalar(value, japanese));
  }
}

}  // namespace

std::string_view label_of(std::string_view field, bool japanese) {
  for (const auto& label : kLabels) {
    if (label.field == field) return japanese ? label.ja : label.en;
  }
  return field;
}

namespace {

std::string in_a_line(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_object()) return boost::json::serialize(value);
  std::string line;
  for (const auto& member : value.get_object())
    line += (line.empty() ? "" : ", ") + std::string(member.key()) + " " + in_a_line(member.value());
  return line;
}

}  // namespace

std::string with_values(std::string detail, const boost::json::object& body) {
  for (const auto& member : body) {
    if (!member.value().is_string() && !member.value().is_object()) continue;
    const auto hint = "(" + std::string(member.key()) + ")";
    const auto at = detail.find(hint);
    if (at == std::string::npos) continue;
    detail.insert(at + hint.size() - 1, ": " + in_a_line(member.value()));
  }
  return detail;
}

std::string readable(const boost::json::value& value, bool japanese) {
  std::string out;
  write(out, value, japanese, 0);
  return out;
}

}  // namespace shosoin::cli
