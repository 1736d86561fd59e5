#include "admin-api/service/log_fields.h"

#include <boost/json/serialize.hpp>

namespace shosoin::service {
namespace {

namespace json = boost::json;

json::object person_of(const Caller& caller) {
  return {{"id", caller.person.id},
          {"name", caller.person.name},
          {"section", caller.person.section},
          {"staffNumber", caller.person.staff_number}};
}

void append_person(std::string& to, std::string_view name, const Caller& caller) {
  to += ',';
  append_json(to, name);
  to += ":{";
  append_member(to, "id", caller.person.id);
  append_member(to, "name", caller.person.name);
  append_member(to, "section", caller.person.section);
  append_member(to, "staffNumber", caller.person.staff_number);
  to += '}';
}

std::string_view code_of(NumberUse use) {
  switch (use) {
    case NumberUse::Search:
      return "照会(検索)";
    case NumberUse::Show:
      return "照会(表示)";
    case NumberUse::Write:
      return "登録";
    case NumberUse::Change:
      return "変更";
  }
  return "";
}

}  // namespace

json::object log_object(const Context& context, std::string_view operation, std::string_view result) {
  json::object out{{"operation", operation}, {"result", result}, {"requestId", context.request_id}};
  if (context.caller) out["operator"] = person_of(*context.caller);
  if (context.second) out["secondOperator"] = person_of(*context.second);
  json::object terminal{{"id", context.channel == protocol::Channel::Local ? "local" : to_hex(context.terminal)}};
  if (context.known_terminal) terminal["name"] = context.known_terminal->name;
  out["terminal"] = std::move(terminal);
  for (const auto& member : context.target) out[member.key()] = member.value();
  return out;
}

std::string log_text(const Context& context, std::string_view operation, std::string_view result) {
  std::string out;
  out.reserve(1024);
  out += '{';
  append_member(out, "operation", operation);
  append_member(out, "result", result);
  append_member(out, "requestId", context.request_id);
  if (context.caller) append_person(out, "operator", *context.caller);
  if (context.second) append_person(out, "secondOperator", *context.second);
  out += ",\"terminal\":{";
  append_member(out, "id", context.channel == protocol::Channel::Local ? "local" : to_hex(context.terminal));
  if (context.known_terminal) append_member(out, "name", context.known_terminal->name);
  out += '}';
  if (!context.target.empty()) {
    const std::size_t at = out.size();
    append_json(out, context.target);
    out[at] = ',';  // its members go on in the line's own object
    out.pop_back();
  }
  return out;
}

Result<std::uint64_t> write_line(Context& context, TenantStore& store, const generations::LogEntry& entry) {
  if (!context.may_defer) return store.log_line(entry);
  TRY(const auto begun, store.begin_line(entry));
  context.after = begun.ticket;  // of all lines of a request the last is in the latest flush
  return begun.line;
}

generations::LogEntry log_entry(const json::object& object, bool number_access) {
  return {number_access, json::serialize(object)};
}

json::object number_access_items(const Context& context, const NumberAccess& access) {
  const auto date = tokyo_date(context.now);
  const auto& person = context.by().person;
  char day[16];
  std::snprintf(day, sizeof day, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  // Boost.JSON objects keep the order of insertion.
  return {{"SEQ", nullptr},
          {"団体内統合宛名番号", access.integrated},
          {"宛名番号", access.addressee},
          {"操作日", day},
          {"操作内容コード", code_of(access.use)},
          {"システムコード", access.file},
          {"管理番号", context.request_id},
          {"操作端末", to_hex(ByteView(context.terminal).first(8))},
          {"端末コンピュータ名", context.known_terminal ? context.known_terminal->name : ""},
          {"操作職員番号", person.staff_number},
          {"操作職員所属名称", person.section},
          {"操作職員名称", person.name},
          {"備考", access.remark}};
}

}  // namespace shosoin::service
