#include "admin-api/gate/exchange.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

#include "admin-api/gate/http_values.h"
#include "admin-api/gate/openapi_text.h"
#include "firmware/base/codec.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::gate {
namespace {

namespace json = boost::json;
using protocol::FieldId;
using protocol::Reply;
using protocol::Request;

json::value parse_reply(const Reply& reply) {
  boost::system::error_code failed;
  json::value value = json::parse(reply.body, failed);
  return failed ? json::value() : value;
}

// The vault's own words: a text, or one in each language.
std::string detail_of(const json::object& object, Language language) {
  const json::value* said = object.if_contains("detail");
  if (said != nullptr && said->is_object())
    said = said->get_object().if_contains(language == Language::Ja ? "ja" : "en");
  return said != nullptr && said->is_string() ? std::string(said->get_string()) : std::string();
}

Problem problem_of(const Route& route, const Reply& reply, Language language) {
  Problem problem = make_problem(static_cast<ErrorCode>(reply.status - 1));
  const json::value body = parse_reply(reply);
  if (!body.is_object()) return problem;
  problem.said = detail_of(body.get_object(), language);
  for (const auto& [name, value] : body.get_object()) {
    if (name != "code" && name != "pointer" && name != "detail") problem.more.emplace(name, value);
  }
  const json::value* pointer = body.get_object().if_contains("pointer");
  if (pointer == nullptr || !pointer->is_string()) return problem;
  // Of an import the vault points into the file's rows and columns; elsewhere at the members of our own route.
  const std::string_view said = pointer->get_string();
  std::string place = route.body == BodyKind::Csv ? std::string(said) : known_part(route, said);
  if (!place.empty()) problem.pointer = std::move(place);
  return problem;
}

// The whole body as text, or why not. Never more than the route allows is held.
struct WholeBody {
  std::string text;
  std::optional<Problem> refused;
};
Awaitable<WholeBody> read_whole(Body& body, std::size_t most) {
  WholeBody whole;
  std::vector<std::uint8_t> buffer(16u << 10);
  while (true) {
    Piece piece = co_await body.read(buffer);
    whole.refused = std::move(piece.refused);
    if (whole.refused || piece.size == 0) break;
    if (whole.text.size() + piece.size > most) {
      whole.refused = closing(make_problem(ErrorCode::TooLarge));
      break;
    }
    whole.text.append(text_of(ByteView(buffer).first(piece.size)));
  }
  memory::wipe(buffer);
  co_return whole;
}

class Runner {
 public:
  Runner(Exchange& exchange, const Head& head, Body& body)
      : exchange_(exchange), head_(head), body_(body), language_(choose_language(head.list("Accept-Language"))) {}

  Awaitable<Answer> run() {
    match_ = match_route(head_.method, head_.path);
    if (auto refused = check_route()) co_return say(*refused);
    route_ = match_.route;
    exchange_.operation = route_->operation;
    Request request{route_->kind, exchange_.request_number, {}};
    if (auto refused = check_head(request)) co_return say(*refused);
    body_.bound(route_->body_limit);
    switch (route_->handling) {
      case Handling::OpenApi:
        co_return Answer{200, "application/yaml", std::string(openapi_text()), {}, {}, false};
      case Handling::Liveness:
      case Handling::Readiness:
        co_return co_await tell_health(std::move(request));
      case Handling::Import:
        co_return co_await stream_import(std::move(request));
      case Handling::ImportPart:
        co_return co_await stream_part(std::move(request));
      case Handling::Ask:
        break;
    }
    if (route_->body == BodyKind::Json) {
      WholeBody whole = co_await read_whole(body_, route_->body_limit);
      auto refused = whole.refused ? std::move(whole.refused) : map_json(*route_, whole.text, request);
      memory::wipe(whole.text);
      if (refused) co_return say(*refused);
    }
    co_return co_await ask(std::move(request));
  }

 private:
  Answer say(const Problem& problem) const { return answer_with(problem, language_, exchange_.request_number); }
  Answer say(ErrorCode code, Detail what = {}) const { return say(make_problem(code, what)); }

  std::optional<Problem> check_route() const {
    if (match_.route != nullptr) return std::nullopt;
    if (match_.allow.empty()) return make_problem(ErrorCode::NotFound);
    Problem problem = make_problem(Fault::MethodNotAllowed);
    problem.allow = match_.allow;
    return problem;
  }

  std::optional<Problem> check_head(Request& request) const {
    const bool yaml = route_->handling == Handling::OpenApi;
    if (!accepts(head_.list("Accept"), yaml ? "application/yaml" : "application/json")) {
      return make_problem(Fault::NotAcceptable);
    }
    if (auto refused = map_head(match_, head_, exchange_.peer, request)) return refused;
    if (auto refused = check_content_type(*route_, head_)) return refused;
    if (head_.content_length.value_or(0) > route_->body_limit) return closing(make_problem(ErrorCode::TooLarge));
    return std::nullopt;
  }

  // Refuses what the vault would refuse by shape; encode() may then rely on it.
  Awaitable<Result<Reply>> send(Request request) {
    if (!protocol::check(request, protocol::Channel::Gate))
      co_return Error{ErrorCode::Internal, "fit the permit table"};
    if (request.kind != protocol::RequestKind::Login)
      co_return co_await exchange_.vault.ask(std::move(request), route_->patience);
    auto turn = co_await exchange_.logins.join(exchange_.peer.terminal);
    if (turn) co_return co_await exchange_.vault.ask(std::move(request), route_->patience);
    protocol::wipe_secrets(request);
    co_return turn.error();
  }

  Answer answer_of(Result<Reply> reply) const {
    if (!reply) return say(reply.error().code());
    if (reply.value().status != 0) return say(problem_of(*route_, reply.value(), language_));
    Answer answer;
    answer.status = route_->success;
    if (route_->success != 204) answer.body = std::move(reply.value().body);
    return answer;
  }

  Awaitable<Answer> ask(Request request) {
    auto reply = co_await send(std::move(request));
    co_return answer_of(std::move(reply));
  }

  Awaitable<Answer> tell_health(Request request) {
    auto reply = co_await send(std::move(request));
    if (!reply) co_return say(reply.error().code());
    const bool well = reply.value().status == 0;
    if (route_->handling == Handling::Liveness) {
      Answer answer;
      answer.body = well ? reply.value().body : R"({"ready":false})";
      co_return answer;
    }
    const json::value body = parse_reply(reply.value());
    const json::value* ready = body.is_object() ? body.get_object().if_contains("ready") : nullptr;
    const json::value* mode = body.is_object() ? body.get_object().if_contains("mode") : nullptr;
    if (well && mode != nullptr && *mode == "repair") co_return say(ErrorCode::RepairMode);
    if (!well || ready == nullptr || !ready->is_bool() || !ready->get_bool()) {
      co_return say(ErrorCode::Unavailable, detail::kNotReady);
    }
    co_return answer_of(reply);
  }

  Request part(protocol::RequestKind kind, const Request& opening, ByteView import_id) const {
    Request request{kind, exchange_.request_number, {}};
    for (FieldId id : {FieldId::Terminal, FieldId::TerminalAuthority, FieldId::Session})
      request.fields[id] = opening.fields.at(id);
    protocol::set(request, FieldId::ImportId, import_id);
    return request;
  }

  // The file passes through in pieces; the gate never holds more than one of them. If the client goes away in the
  // middle, the import stays open and unseen in the vault, which lets it lapse.
  Awaitable<Answer> stream_import(Request opening) {
    auto opened = co_await send(opening);
    if (!opened || opened.value().status != 0) co_return refuse_body(answer_of(opened));
    const json::value told = parse_reply(opened.value());
    const json::value* text = told.is_object() ? told.get_object().if_contains("importId") : nullptr;
    if (text == nullptr || !text->is_string()) co_return refuse_body(say(ErrorCode::Internal));
    const auto id = Id16<struct ImportMeaning>::parse(text->get_string());
    if (!id) co_return refuse_body(say(ErrorCode::Internal));
    const Answer sent = co_await send_pieces(part(protocol::RequestKind::ImportChunk, opening, id.value().view()), 0);
    if (sent.status >= 400) co_return sent;
    co_return co_await ask(part(protocol::RequestKind::ImportClose, opening, id.value().view()));
  }

  // The body as ImportChunk after ImportChunk from `offset` on; the answer of the last one. An empty body asks nothing
  // and is told where it ends.
  Awaitable<Answer> send_pieces(Request chunk, std::uint64_t offset) {
    chunk.fields.erase(FieldId::Offset);
    Answer last;
    last.body = json::serialize(json::object{{"received", offset}});
    std::vector<std::uint8_t> buffer(limits::kImportChunk);
    std::uint64_t sent = 0;
    while (true) {
      Piece piece = co_await body_.read(buffer);
      if (piece.refused) co_return refuse_body(say(*piece.refused));
      if (piece.size == 0) break;
      if (sent + piece.size > route_->body_limit) co_return refuse_body(say(ErrorCode::TooLarge));
      Request next = chunk;
      protocol::set_u64(next, FieldId::Offset, offset + sent);
      protocol::set(next, FieldId::Chunk, ByteView(buffer).first(piece.size));
      auto taken = co_await send(std::move(next));
      last = answer_of(taken);
      if (!taken || taken.value().status != 0) co_return refuse_body(last);
      sent += piece.size;
    }
    memory::wipe(buffer);
    co_return last;
  }
  Awaitable<Answer> stream_part(Request request) {
    const std::uint64_t offset = Reader(protocol::field(request, FieldId::Offset).value()).u64();
    co_return co_await send_pieces(std::move(request), offset);
  }
  static Answer refuse_body(Answer answer) {
    answer.close = true;
    return answer;
  }

  Exchange& exchange_;
  const Head& head_;
  Body& body_;
  Language language_;
  Match match_;
  const Route* route_ = nullptr;
};

}  // namespace

Awaitable<Answer> run_exchange(Exchange& exchange, const Head& head, Body& body) {
  Runner runner(exchange, head, body);
  co_return co_await runner.run();
}

}  // namespace shosoin::gate
