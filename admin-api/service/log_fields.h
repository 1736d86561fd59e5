// The fields of a log line (seeds 002 and 003; L-06, L-10, L-16, L-21) as a JSON object. Never a password, code, token
// or 個人番号: nothing here takes one. Pure, but for write_line; any thread.
#pragma once

#include "admin-api/service/context.h"

namespace shosoin::service {

// "operation", "result", "requestId", "operator", "terminal", "approvals" of two on the local socket, and the target.
boost::json::object log_object(const Context& context, std::string_view operation, std::string_view result);
// The same as a text, straight: "{" and all members, without the closing brace.
std::string log_text(const Context& context, std::string_view operation, std::string_view result);
// Returns when the line is durable - or, where the context may defer, leaves that to whoever sends the answer.
Result<std::uint64_t> write_line(Context& context, TenantStore& store, const generations::LogEntry& entry);
generations::LogEntry log_entry(const boost::json::object& object, bool number_access = false);

// 操作内容コード of the 13 items.
enum class NumberUse : std::uint8_t { Search, Show, Write, Change };
struct NumberAccess {
  NumberUse use;
  std::string integrated, addressee;  // 団体内統合宛名番号, 宛名番号
  std::string file;                   // システムコード: the record file
  std::string remark;                 // 備考
};
// The 13 items of 個人番号アクセスログ in printed order (L-21). SEQ is the gapless number of the frame: the store puts
// it beside the text.
boost::json::object number_access_items(const Context& context, const NumberAccess& access);

}  // namespace shosoin::service
