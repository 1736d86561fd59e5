#include "admin-api/cli/erasure_paper.h"

#include <fmt/core.h>

#include <array>

namespace shosoin::cli {
namespace {

namespace json = boost::json;

std::string text_of_value(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  return {};
}

std::string member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? std::string() : text_of_value(*value);
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

// "架空 花子 (hanako) 市民課 2026-11-22T10:00:00.000+09:00 窓口1"
std::string person(const json::object& who) {
  std::string out;
  for (const auto* name : {"name", "operatorId", "section", "at", "terminal"}) {
    const auto part = member(who, name);
    if (part.empty()) continue;
    const bool id = std::string_view(name) == "operatorId" && !out.empty();
    out += (out.empty() ? "" : " ") + (id ? "(" + part + ")" : part);
  }
  return out;
}

std::string people(const json::object& item, std::string_view name) {
  const auto* value = item.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_object()) return person(value->get_object());
  std::string out;
  if (value->is_array()) {
    for (const auto& one : value->get_array()) {
      if (one.is_object()) out += (out.empty() ? "" : "; ") + person(one.get_object());
    }
  }
  return out;
}

std::string rules(const json::object& item) {
  std::string out;
  const auto* list = item.if_contains("retentionRules");
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& one : list->get_array()) {
    if (!one.is_object()) continue;
    const auto& rule = one.get_object();
    out += fmt::format("{}{} {} {} {}", out.empty() ? "" : "; ", member(rule, "policyId"), member(rule, "counting"),
                       member(rule, "period"), member(rule, "legalBasis"));
  }
  return out;
}

std::string files(const json::object& item) {
  const auto* list = item.if_contains("recordFiles");
  if (list == nullptr || !list->is_array()) {
    return fmt::format("{} ({})", member(item, "recordFileName"), member(item, "recordFile"));
  }
  std::string out;
  for (const auto& one : list->get_array()) {
    if (!one.is_object()) continue;
    const auto& file = one.get_object();
    out +=
        fmt::format("{}{} ({})", out.empty() ? "" : "; ", member(file, "recordFileName"), member(file, "recordFile"));
  }
  return out;
}

bool was_decided(const json::object& item) {
  const auto* approved = object_in(item, "approvedBy");
  const auto* decided = approved == nullptr ? nullptr : approved->if_contains("undeterminedDecided");
  return decided != nullptr && decided->is_bool() && decided->get_bool();
}

std::string copies(const json::object& item) {
  std::string out = member(item, "survivingCopiesNote");
  const auto* list = item.if_contains("survivingCopies");
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& one : list->get_array()) out += " " + text_of_value(one);
  return out;
}

std::string covered(const json::object& item) {
  const auto* period = object_in(item, "periodCovered");
  return period == nullptr ? std::string() : member(*period, "first") + "-" + member(*period, "last");
}

// The fiscal year alone where the day would say when somebody was born.
std::string end_of(const json::object& item, bool japanese) {
  const auto end = member(item, "endOfRetention");
  const auto* years = item.if_contains("yearsOnly");
  const bool year = years != nullptr && years->is_bool() && years->get_bool() && !end.empty();
  const auto day = year ? end + (japanese ? "年度" : " (fiscal year)") : end;
  if (!was_decided(item)) return day;
  // Who approved decided where no date says it; others of the same application may have an end.
  return day + (day.empty() ? "" : "; ") +
         (japanese ? "起算の基となる日が不明のため決まらない記録があり、承認者が判断した"
                   : "undetermined where the date it counts from is unknown: the approver decided");
}

struct Line {
  std::string_view ja, en;
  std::string value;
};

Line extent(const json::object& item) {
  auto of_log = log_months_in(item);
  if (of_log.empty()) return {"消去した件数", "Records erased", member(item, "count")};
  return {"消去したログの月", "Months of the log erased", std::move(of_log)};
}

std::string count_of(const json::object& item, bool japanese) {
  const auto of_log = member(item, "monthCount");
  if (of_log.empty()) return member(item, "count") + (japanese ? "件" : "");
  return of_log + (japanese ? "か月" : " months") + " (" + log_months_in(item) + ")";
}

std::string page(std::string_view title, std::initializer_list<Line> lines, bool japanese) {
  std::string out = fmt::format("{}\n\n", title);
  for (const auto& line : lines) {
    out += fmt::format("{}: {}\n", japanese ? line.ja : line.en, line.value.empty() ? "-" : line.value);
  }
  return out;
}

std::string tenant(const json::object& item) {
  const auto* object = object_in(item, "tenant");
  return object == nullptr ? std::string()
                           : fmt::format("{} ({})", member(*object, "name"), member(*object, "localGovernmentCode"));
}

std::string acknowledged(const json::object& reply, bool japanese) {
  const auto* by = object_in(reply, "acknowledgedBy");
  if (by != nullptr) return person(*by);
  if (!reply.contains("state")) {  // an item of the register, which does not say it
    return japanese ? "shosoin erasure report で見る" : "see shosoin erasure report";
  }
  return japanese ? "未受領 (unreported)" : "not yet (unreported)";
}

}  // namespace

std::string log_months_in(const json::object& item) {
  const auto* list = item.if_contains("logMonths");
  if (list == nullptr || !list->is_array()) return member(item, "logMonths");
  std::string out;
  for (const auto& one : list->get_array()) out += (out.empty() ? "" : ", ") + text_of_value(one);
  return out;
}

Result<std::string> erasure_paper(const json::value& reply, bool japanese) {
  const auto* item = reply.is_object() ? object_in(reply.get_object(), "item") : nullptr;
  if (item == nullptr) return Error{ErrorCode::Integrity, "print the report of an erasure"};
  const auto& whole = reply.get_object();
  return page(
      japanese ? "消去実施報告書" : "Report of an erasure",
      {{"廃棄簿の通番", "Serial in the disposal register", member(*item, "serial")},
       {"廃棄簿の項目", "Item of the disposal register", member(whole, "disposalId")},
       {"消去申請", "Application", member(*item, "erasureId")},
       {"団体", "Tenant", tenant(*item)},
       {"特定個人情報ファイル", "Record file", files(*item)},
       {"消去した項目", "Items", member(*item, "items")},
       {"媒体名", "Medium", member(*item, "medium")},
       {"数量(申請)", "Quantity (as applied for)", member(*item, "quantity")},
       extent(*item),
       {"消去の方法", "Method", member(*item, "method")},
       {"予定日", "Planned date", member(*item, "plannedDate")},
       {"根拠", "Ground", member(*item, "ground")},
       {"保存期間の規則", "Rule of retention", rules(*item)},
       {"満了日", "End of retention", end_of(*item, japanese)},
       {"対象期間(年度)", "Period covered (fiscal years)", covered(*item)},
       {"申請者", "Applied for by", people(*item, "requestedBy")},
       {"承認者", "Approved by", people(*item, "approvedBy")},
       {"立会人", "Witness", people(*item, "witness")},
       {"実施者", "Executed by", people(*item, "executedBy")},
       {"実施日時", "Executed at", member(*item, "at")},
       {"結果", "Result", japanese && member(*item, "result") == "erased" ? "消去済み" : member(*item, "result")},
       {"検証", "Verification", member(*item, "verification")},
       {"残る写し", "Surviving copies", copies(*item)},
       {"残った記録の申請", "Application of what stayed", member(whole, "remainder")},
       {"消去証明書番号", "Certificate", member(whole, "certificate")},
       {"要約値(SHA-256)", "Digest (SHA-256)", member(whole, "digest")},
       {"報告の受領", "Acknowledged by", acknowledged(whole, japanese)}},
      japanese);
}

Result<std::string> register_text(const json::value& reply, bool japanese) {
  const auto* list = reply.is_object() ? reply.get_object().if_contains("disposalRegister") : nullptr;
  if (list == nullptr || !list->is_array()) return Error{ErrorCode::Integrity, "print the disposal register"};
  const auto& whole = reply.get_object();
  std::string out = fmt::format("{} {} - {}\n", japanese ? "廃棄簿" : "Disposal register", member(whole, "firstDay"),
                                member(whole, "lastDay"));
  for (const auto& one : list->get_array()) {
    const auto* item = one.is_object() ? object_in(one.get_object(), "item") : nullptr;
    if (item == nullptr) return Error{ErrorCode::Integrity, "print the disposal register"};
    out +=
        fmt::format("{:>6}  {}  {}  {}  {}  {}\n", member(*item, "serial"), member(*item, "at"), member(*item, "kind"),
                    files(*item), count_of(*item, japanese), member(one.get_object(), "disposalId"));
  }
  const auto cursor = member(whole, "cursor");
  if (!cursor.empty()) out += fmt::format("{} --cursor {}\n", japanese ? "続き:" : "more:", cursor);
  return out;
}

}  // namespace shosoin::cli
