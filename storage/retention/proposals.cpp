#include "storage/retention/proposals.h"

#include <array>

namespace shosoin::retention {
namespace {

constexpr auto kExcl = CountingRule::Excl;
constexpr auto kIncl = CountingRule::Incl;
constexpr auto kNextYear = CountingRule::NextFiscalYear;

constexpr std::array<Proposal, 14> kProposals{{
    {"jumin-johyo-150y", Subject::Records, "jumin-kihon-daicho", "住民票の除票", "removed resident records", kExcl,
     "150y", "消除し、又は改製した日", "day of removal or rewriting", "住民基本台帳法施行令34条1項", Reliability::Read},
    {"honnin-kakunin-revised-150y", Subject::Records, "honnin-kakunin-joho", "本人確認情報(修正されたもの)",
     "identification data that newer data replaced", kIncl, "150y", "新たな本人確認情報の通知をした日",
     "day the newer data was notified", "住民基本台帳法施行令34条2項1号", Reliability::Read},
    {"honnin-kakunin-removed-150y", Subject::Records, "honnin-kakunin-joho", "本人確認情報(消除されたもの)",
     "identification data of removed records", kIncl, "150y", "消除の通知の日", "day the removal was notified",
     "住民基本台帳法施行令34条2項2号", Reliability::Read},
    {"fuhyo-honnin-kakunin-150y", Subject::Records, "honnin-kakunin-joho", "附票本人確認情報",
     "identification data of the family register's supplement", kIncl, "150y", "通知の日", "day of the notification",
     "住民基本台帳法施行令34条3項", Reliability::Read},
    {"todokede-1y", Subject::Documents, "jumin-kihon-daicho", "届出書・通知書等", "notifications on paper", kExcl, "1y",
     "受理された日", "day of acceptance", "住民基本台帳法施行令34条4項", Reliability::Read},
    {"genzon-juminhyo", Subject::Records, "jumin-kihon-daicho", "現存する住民票", "current resident records",
     std::nullopt, "", "住民である間は満了しない", "nothing expires while the person is a resident",
     "住民基本台帳法施行令34条(構成から)", Reliability::Read},
    {"chihozei-5y", Subject::Records, "chihozei-shutaino", "地方税等収滞納の記録", "local tax collection records",
     kExcl, "5y", "法定納期限", "legal due date",
     "地方税法18条1項(徴収権の時効5年)。台帳は団体の規程により、完結後5年から10年が多い", Reliability::Recalled},
    {"jido-teate-5y", Subject::Records, "jido-teate", "児童手当の台帳", "child allowance register", kNextYear, "5y",
     "受給資格の消滅(完結)の日", "day the entitlement ended", "児企31号(児童扶養手当)に準じる例。団体の文書規程による",
     Reliability::Recalled},
    {"kyufukin-5y", Subject::Records, "kyufukin-shikyu-kanri-daicho", "給付金の支給管理台帳",
     "benefit payment register", kNextYear, "5y", "支給の完了の日", "day the payment was completed",
     "地方自治法236条、団体の文書規程", Reliability::Recalled},
    {"sofusaki", Subject::Records, "sofusaki-joho", "送付先情報", "mailing data", std::nullopt, "",
     "引渡しの後すみやかに(1年未満)", "soon after hand-over, under one year", "全項目評価書に多い記載。団体が定める",
     Reliability::Recalled},
    {"hoikushi", Subject::Records, "hoikushi-torokubo", "保育士登録簿", "register of childcare workers", std::nullopt,
     "", "登録の間は満了しない。消除の後は都道府県の規程", "none while registered; afterwards the prefecture's rule",
     "法令に年数の定めを見つけていない", Reliability::Recalled},
    {"joho-teikyo-kiroku-7y", Subject::LogMonths, "", "情報提供等の記録", "records of provision of information", kExcl,
     "7y", "記録した日", "day of the record", "番号法23条、同施行令", Reliability::Read},
    {"access-log-7y", Subject::LogMonths, "", "アクセスログ", "access log", kExcl, "7y", "記録した日",
     "day of the record", "法令に年数なし。住基ネット操作履歴7年の例(三股町)", Reliability::Corroborated},
    {"shiyo-shoninnegai-5y", Subject::Documents, "", "データ使用承認願などの申請書類",
     "applications for the use of data", kNextYear, "5y", "完結した日(承認、却下、取下げ、報告の受領、解除)",
     "day it was closed: decided, withdrawn, reported, released", "評価書002 Ⅲ-5(申請書類を5年間保存する; X-20)",
     Reliability::Read},
}};

}  // namespace

std::string_view to_text(Reliability reliability) noexcept {
  switch (reliability) {
    case Reliability::Read:
      return "read";
    case Reliability::Corroborated:
      return "corroborated";
    case Reliability::Recalled:
      return "recalled";
  }
  return "";
}
std::string_view to_text(Subject subject) noexcept {
  switch (subject) {
    case Subject::Records:
      return "records";
    case Subject::Documents:
      return "documents";
    case Subject::LogMonths:
      return "log-months";
  }
  return "";
}

std::span<const Proposal> proposals() noexcept { return kProposals; }

}  // namespace shosoin::retention
