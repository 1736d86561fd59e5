#include "admin-api/protocol/protocol.h"

#include <algorithm>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::protocol {
namespace {

constexpr std::size_t kHead = kHeadSize;
constexpr std::size_t kTokenSize = 32;

// The fields that follow from the channel and the need, not from the request's own rule.
struct Implied {
  bool terminal, session, second_session;
};
Implied implied_by(Channel channel, Need need) {
  return {channel == Channel::Gate, need != Need::Nobody, need == Need::TwoPersons};
}

const RequestRule* rule_on(RequestKind kind, Channel channel) {
  const RequestRule* rule = find_rule(kind);
  if (rule == nullptr) return nullptr;
  switch (channel) {
    case Channel::Gate:
      return rule->on_gate ? rule : nullptr;
    case Channel::Local:
      return rule->on_local ? rule : nullptr;
  }
  return nullptr;
}

bool has_width(FieldId id, ByteView bytes) {
  switch (width_of(id)) {
    case Width::Text:
      return true;
    case Width::One:
      return bytes.size() == 1 && bytes[0] <= 1;
    case Width::Two:
      return bytes.size() == 2;
    case Width::Eight:
      return bytes.size() == 8;
    case Width::Sixteen:
      return bytes.size() == 16;
    case Width::Sixteens:
      return !bytes.empty() && bytes.size() % 16 == 0;
    case Width::Twenty:
      return bytes.size() == 20;
    case Width::ThirtyTwo:
      return bytes.size() == kTokenSize;
  }
  return false;
}

// The most a field may hold in this request; nothing when it has no place there.
std::optional<std::size_t> allowance(const RequestRule& rule, Implied implied, FieldId id) {
  if (id == FieldId::Terminal) return implied.terminal ? std::optional{kTokenSize} : std::nullopt;
  if (id == FieldId::TerminalAuthority) return implied.terminal ? std::optional{kTokenSize} : std::nullopt;
  if (id == FieldId::Session) return implied.session ? std::optional{kTokenSize} : std::nullopt;
  if (id == FieldId::SecondSession) return implied.second_session ? std::optional{kTokenSize} : std::nullopt;
  for (const auto& field_rule : rule.fields) {
    if (field_rule.id == id) return field_rule.most;
  }
  return std::nullopt;
}

bool is_complete(const Request& request, const RequestRule& rule, Implied implied) {
  if (implied.terminal && !request.fields.contains(FieldId::Terminal)) return false;
  if (implied.session && !request.fields.contains(FieldId::Session)) return false;
  if (implied.second_session && !request.fields.contains(FieldId::SecondSession)) return false;
  for (const auto& field_rule : rule.fields) {
    if (field_rule.required && !request.fields.contains(field_rule.id)) return false;
  }
  return true;
}

}  // namespace

Result<void> check(const Request& request, Channel channel) {
  const RequestRule* rule = rule_on(request.kind, channel);
  if (rule == nullptr) return Error{ErrorCode::BadRequest, "find the request's kind on this channel"};
  const Implied implied = implied_by(channel, channel == Channel::Gate ? rule->gate_need : rule->local_need);
  for (const auto& [id, bytes] : request.fields) {
    const auto most = allowance(*rule, implied, id);
    if (!most) return Error{ErrorCode::BadRequest, "place a field in its request"};
    if (bytes.size() > *most) return Error{ErrorCode::BadRequest, "hold a field to its size"};
    if (!has_width(id, bytes)) return Error{ErrorCode::BadRequest, "hold a field to its width"};
  }
  if (!is_complete(request, *rule, implied)) return Error{ErrorCode::BadRequest, "find every required field"};
  return success();
}

Bytes encode(const Request& request) {
  ENSURE(request.fields.size() <= limits::kMaxFields);
  std::size_t size = kHead;
  for (const auto& [id, bytes] : request.fields) {
    ENSURE(bytes.size() <= limits::kMaxField);
    size += 2 + 4 + bytes.size();
  }
  ENSURE(size <= limits::kMaxRequestFrame);
  Writer out;
  out.u32(static_cast<std::uint32_t>(size)).u16(kFormat).u16(static_cast<std::uint16_t>(request.kind)).u64(request.id);
  for (const auto& [id, bytes] : request.fields) out.u16(static_cast<std::uint16_t>(id)).blob32(bytes);
  return out.take();
}

Bytes encode(const Reply& reply) {
  const std::size_t size = kHead + reply.body.size();
  ENSURE(size <= limits::kMaxReplyFrame);
  ENSURE(reply.status <= kErrorCodeCount);
  Writer out;
  out.u32(static_cast<std::uint32_t>(size)).u16(kFormat).u16(reply.status).u64(reply.id).raw(view_of(reply.body));
  return out.take();
}

std::array<std::uint8_t, kLengthSize + kHeadSize> encode_bare(std::uint16_t status, std::uint64_t id) noexcept {
  std::array<std::uint8_t, kLengthSize + kHeadSize> out{};
  auto at = out.begin();
  at = std::ranges::copy(be(static_cast<std::uint32_t>(kHeadSize)), at).out;
  at = std::ranges::copy(be(kFormat), at).out;
  at = std::ranges::copy(be(status), at).out;
  std::ranges::copy(be(id), at);
  return out;
}

std::uint64_t id_in(ByteView payload) noexcept {
  return payload.size() < kHeadSize ? 0 : from_be<std::uint64_t>(payload.subspan(kHeadSize - 8).first<8>());
}

Result<std::size_t> payload_size(std::span<const std::uint8_t, kLengthSize> length, std::size_t most) {
  const std::size_t size = from_be<std::uint32_t>(length);
  if (size < kHead || size > most) return Error{ErrorCode::BadRequest, "read the length of a frame"};
  return size;
}

Result<Request> decode_request(ByteView payload, Channel channel) {
  if (payload.size() > limits::kMaxRequestFrame) return Error{ErrorCode::BadRequest, "hold a request to its size"};
  Reader in(payload);
  const std::uint16_t format = in.u16();
  Request request{static_cast<RequestKind>(in.u16()), in.u64(), {}};
  if (in.failed() || format != kFormat) return Error{ErrorCode::BadRequest, "read the head of a request"};
  const RequestRule* rule = rule_on(request.kind, channel);
  if (rule == nullptr) return Error{ErrorCode::BadRequest, "find the request's kind on this channel"};
  std::uint32_t last = 0;  // ids start at 1
  while (!in.failed() && in.left() > 0) {
    const std::uint16_t id = in.u16();
    const ByteView bytes = in.blob32(limits::kMaxField);
    if (in.failed() || id <= last || request.fields.size() == limits::kMaxFields) {
      return Error{ErrorCode::BadRequest, "read the fields of a request"};
    }
    last = id;
    request.fields.emplace(static_cast<FieldId>(id), copy_of(bytes));
  }
  TRY(in.finish("read a request", ErrorCode::BadRequest));
  TRY(check(request, channel));
  return request;
}

Result<Reply> decode_reply(ByteView payload) {
  if (payload.size() > limits::kMaxReplyFrame) return Error{ErrorCode::BadRequest, "hold a reply to its size"};
  Reader in(payload);
  const std::uint16_t format = in.u16();
  Reply reply{in.u16(), in.u64(), {}};
  reply.body = text_of(in.raw(in.left()));
  TRY(in.finish("read a reply", ErrorCode::BadRequest));
  if (format != kFormat || reply.status > kErrorCodeCount)
    return Error{ErrorCode::BadRequest, "read the head of a reply"};
  return reply;
}

void set(Request& request, FieldId id, std::string_view text) { request.fields[id] = copy_of(view_of(text)); }
void set(Request& request, FieldId id, ByteView bytes) { request.fields[id] = copy_of(bytes); }
void set_u64(Request& request, FieldId id, std::uint64_t value) { set(request, id, ByteView(be(value))); }
std::string text_field(const Request& request, FieldId id) {
  const auto found = field(request, id);
  return found ? std::string(text_of(*found)) : std::string();
}
std::optional<ByteView> field(const Request& request, FieldId id) {
  const auto found = request.fields.find(id);
  if (found == request.fields.end()) return std::nullopt;
  return ByteView(found->second);
}

void wipe_secrets(Request& request) {
  for (FieldId id : {FieldId::Password, FieldId::Code, FieldId::TotpSecret, FieldId::Session, FieldId::SecondSession,
                     FieldId::NewNumber}) {
    const auto found = request.fields.find(id);
    if (found != request.fields.end()) memory::wipe(found->second);
  }
}

}  // namespace shosoin::protocol
