#include "admin-api/cli/definition_command.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <iostream>

#include "admin-api/cli/file_command.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/local_client.h"
#include "firmware/base/limits_definitions.h"

namespace shosoin::cli {
namespace {

namespace json = boost::json;
using protocol::FieldId;
using protocol::RequestKind;

struct AddOptions {
  std::string file, change;
  std::vector<std::string> sessions;
};

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// What the two agree on, one change to a line.
void print_changes(const Context& context, const json::object& preview) {
  const auto* changes = preview.if_contains("changes");
  if (changes == nullptr || !changes->is_array()) return;
  if (!preview.contains("amends")) context.say({"新しいファイルの定義です。", "A new record file."});
  for (const auto& one : changes->get_array()) {
    if (!one.is_object()) continue;
    const auto& change = one.get_object();
    const auto* message = change.if_contains("message");
    std::cout << text_of(change, "pointer") << " (" << text_of(change, "key") << "): "
              << (message != nullptr && message->is_object()
                      ? text_of(message->get_object(), context.japanese() ? "ja" : "en")
                      : std::string())
              << '\n';
  }
}

Result<void> preview(Context& context, const AddOptions& options, protocol::Request request) {
  request.kind = RequestKind::FilePreview;
  TRY(put_sessions(context, request, options.sessions));
  TRY(auto client, LocalClient::open(context));
  TRY(const auto reply, client.ask(context, std::move(request)));
  if (context.json || !reply.is_object()) {
    context.show(reply);
    return success();
  }
  const auto& told = reply.get_object();
  print_changes(context, told);
  context.say(
      {"まだ何も変えていません。この変更でよければ、二人のセッションと次の --change "
       "を付けて、もう一度実行してください。",
       "Nothing is changed yet. To apply this change, run it again with the sessions of two persons and this "
       "--change:"});
  std::cout << text_of(told, "changeDigest") << '\n';
  return success();
}

Result<void> add(Context& context, const AddOptions& options) {
  TRY(const auto text, read_text(options.file, limits::kMaxStoredDefinition));
  protocol::Request request{RequestKind::FileAdd, 0, {}};
  protocol::set(request, FieldId::Definition, std::string_view(text));
  if (options.change.empty()) return preview(context, options, std::move(request));
  const auto change = from_hex(options.change);
  if (!change || change->size() != Digest{}.size()) {
    return context.explain(Error{ErrorCode::BadRequest, "read the digest of a change"}, {}, "--change");
  }
  protocol::set(request, FieldId::ChangeDigest, ByteView(*change));
  return act_locally(context, std::move(request), options.sessions);
}

std::vector<std::string> sessions_of(const GateOptions& gate) {
  if (gate.session_file.empty()) return {};
  return {gate.session_file};
}

bool names_a_gate(const Context& context, const GateOptions& gate) {
  return !context.profile.empty() || !gate.url.empty();
}

Result<void> list(Context& context, const GateOptions& gate) {
  if (names_a_gate(context, gate)) return act_through_gate(context, gate, {"GET", "/v1/record-files", {}, {}, {}, {}});
  return act_locally(context, {RequestKind::FileList, 0, {}}, sessions_of(gate));
}

struct ShowOptions {
  std::string key;
  unsigned version = 0;
};

Result<void> show(Context& context, const GateOptions& gate, const ShowOptions& options) {
  if (names_a_gate(context, gate)) {
    if (!is_path_word(options.key)) return Error{ErrorCode::NotFound, "find the record file definition"};
    return act_through_gate(context, gate, {"GET", "/v1/record-files/" + options.key, {}, {}, {}, {}});
  }
  protocol::Request request{RequestKind::FileShow, 0, {}};
  protocol::set(request, FieldId::File, std::string_view(options.key));
  if (options.version != 0) {
    protocol::set(request, FieldId::DefinitionVersion, ByteView(be(static_cast<std::uint16_t>(options.version))));
  }
  return act_locally(context, std::move(request), sessions_of(gate));
}

}  // namespace

void add_definition_commands(CLI::App& app, Context& context, CommandIo& io) {
  auto* file = app.get_subcommand("file");
  const auto adding = std::make_shared<AddOptions>();
  auto* add_one = file->add_subcommand(
      "add", "定義を加える、改める(二人) / add or amend a definition in the running service; takes two persons");
  add_one->add_option("FILE", adding->file, "定義のJSON、- は標準入力 / JSON, - for standard input")->required();
  add_one->add_option("--change", adding->change,
                      "先に示された変更の要約値。なければ変更を示すだけ / digest of the change that was shown; without "
                      "it the change is only shown");
  add_one->add_option("--session", adding->sessions, "二人分(示すだけなら一人分) / twice, once to be shown the change")
      ->allow_extra_args(false)
      ->required();
  on(add_one, context, [adding](Context& now) { return add(now, *adding); });

  const auto gate = std::make_shared<GateOptions>();
  auto* listing = file->add_subcommand("list", "動いているサービスの定義の一覧 / definitions of the running service");
  add_gate_options(listing, context, gate, WithSession::Yes);
  on(listing, context, [gate](Context& now) { return list(now, *gate); });

  const auto showing = std::make_shared<ShowOptions>();
  auto* show_one = file->get_subcommand("show");
  show_one->add_option("--version", showing->version, "版。管理用ソケットだけ / version; administration socket only")
      ->check(CLI::Range(1u, 0xFFFFu));
  add_gate_options(show_one, context, gate, WithSession::Yes);
  on(show_one, context, [gate, showing, show_one, &io](Context& now) -> Result<void> {
    showing->key = show_one->get_option("KEY")->as<std::string>();
    if (!gate->session_file.empty() || names_a_gate(now, *gate)) return show(now, *gate, *showing);
    show_shipped(io, showing->key);
    return success();
  });
}

}  // namespace shosoin::cli
