#include "admin-api/service/idempotency.h"

#include "firmware/base/codec.h"

namespace shosoin::service {
namespace {

constexpr std::uint16_t kReplyFormat = 1;
constexpr std::size_t kMaxReply = 64;

std::optional<EntryKey> key_of(const Context& context) {
  const auto key = protocol::field(context.request, protocol::FieldId::IdempotencyKey);
  if (!key || key->empty()) return std::nullopt;
  Writer out;
  out.text16(context.by().person.id).u16(static_cast<std::uint16_t>(context.request.kind)).raw(*key);
  return EntryKey{TableId::Idempotency, out.take()};
}

}  // namespace

Result<std::optional<std::string>> find_reply(const TenantStore& store, const Context& context) {
  const auto key = key_of(context);
  if (!key) return std::optional<std::string>{};
  TRY(auto stored, store.get(*key));
  if (!stored) return std::optional<std::string>{};
  Reader in(*stored);
  const auto format = in.u16();
  auto id = in.text16(kMaxReply);
  TRY(in.finish("read the reply kept for a key"));
  if (format != kReplyFormat) return Error{ErrorCode::Integrity, "read a kept reply of another format", format};
  return std::optional(std::move(id));
}

Error key_of_another_request(Context& context) {
  context.told["detail"] = boost::json::object{
      {"ja",
       "このIdempotency-Keyは、内容の異なる要求ですでに使われています。新しい要求には新しいキーを付けてください。"},
      {"en",
       "This Idempotency-Key came before with a request that says something else; give a new request a new key."}};
  return Error{ErrorCode::Conflict, "answer a key that came with another request"};
}

std::optional<Entry> reply_entry(const Context& context, std::string_view id) {
  auto key = key_of(context);
  if (!key) return std::nullopt;
  return Entry{std::move(*key), Writer{}.u16(kReplyFormat).text16(id).take()};
}

}  // namespace shosoin::service
