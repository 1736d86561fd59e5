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

std::string readable(const boost::json::value& value, bool japanese) {
  std::string out;
  write(out, value, japanese, 0);
  return out;
}

}  // namespace shosoin::cli
