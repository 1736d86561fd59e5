// shosoin import create|show|conversions|confirm|reject: staged by one person, confirmed by another on another
// terminal.
#include <chrono>
#include <fstream>
#include <thread>

#include "admin-api/cli/commands.h"
#include "admin-api/cli/fresh_code.h"
#include "admin-api/cli/gate_client.h"
#include "admin-api/cli/gate_paths.h"
#include "admin-api/cli/identification_command.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits_intake.h"

namespace shosoin::cli {
namespace {

struct Options {
  std::string csv, tenant, file, group, encoding = "UTF-8", collection, id, key;
  bool five_digit_codes = false, standard_characters = false;
  std::uint64_t part = 0;
};
using Shared = std::shared_ptr<Options>;

constexpr Text kSending{"送信済みバイト", "bytes sent"};

std::string text_of_member(const boost::json::value& reply, std::string_view name) {
  const auto* object = reply.if_object();
  const auto* value = object != nullptr ? object->if_contains(name) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
// How far the vault has the file; none where it does not wait for more of it.
std::optional<std::uint64_t> received_of(const boost::json::value& reply) {
  const auto* object = reply.if_object();
  const auto* value = object != nullptr ? object->if_contains("received") : nullptr;
  if (value == nullptr || text_of_member(reply, "state") != "receiving") return std::nullopt;
  boost::system::error_code wrong;
  const auto received = value->to_number<std::uint64_t>(wrong);
  return wrong ? std::nullopt : std::optional(received);
}

// One CSV on its way: opened, sent part by part, completed. What is lost on the way is asked for again from where the
// vault has it.
class Upload {
 public:
  Upload(Context& context, GateClient& client, const Options& options)
      : context_(context), client_(client), options_(options) {}

  Result<void> run(const std::string& key) {
    file_.open(options_.csv, std::ios::binary | std::ios::ate);
    const auto end = file_ ? static_cast<std::streamoff>(file_.tellg()) : -1;
    if (end < 0) return context_.explain(Error{ErrorCode::BadRequest, "open the file to send"}, {}, options_.csv);
    size_ = static_cast<std::uint64_t>(end);
    TRY(auto opened, open(key));
    id_ = text_of_member(opened, "importId");
    auto at = received_of(opened);
    if (!at) {  // the same key, and it has come to its end before
      context_.show(opened);
      return success();
    }
    while (*at < size_ && !broken_) {
      TRY(at, send_part(*at));
      context_.progress(kSending, *at, size_);
    }
    TRY(auto path, path_of(options_.tenant, "imports/" + id_ + "/completion"));
    auto reply = client_.ask(context_, {"POST", std::move(path), {}, {}, {}, {}});
    if (!reply) return tell_where(reply.error());
    context_.show(reply.value());
    return success();
  }

 private:
  // Which rows, and why, stands in the report; the answer is one line.
  Error tell_where(const Error& error) const {
    if (error.code() != ErrorCode::InvalidContent) return error;
    const auto show = "shosoin import show " + id_ + " --tenant " + options_.tenant;
    context_.say_aside({"行ごとの理由: " + show, "the reasons, row by row: " + show});
    return error;
  }

  Result<boost::json::value> open(const std::string& key) {
    boost::json::object profile{{"fiveDigitCodes", options_.five_digit_codes},
                                {"standardCharacters", options_.standard_characters}};
    if (!options_.collection.empty()) profile["ivsCollection"] = options_.collection;
    boost::json::object body{{"recordFile", options_.file},
                             {"encoding", options_.encoding},
                             {"profile", std::move(profile)},
                             {"resume", true}};
    if (!options_.group.empty()) body["group"] = options_.group;
    TRY(auto path, path_of(options_.tenant, "imports"));
    GateRequest request{"POST", std::move(path), {}, {}, "application/json", key};
    request.body = body_of(body);
    return client_.ask(context_, std::move(request));
  }

  // Where the next part begins.
  Result<std::uint64_t> send_part(std::uint64_t at) {
    GateRequest request{"POST", {}, {}, {}, "application/octet-stream", {}};
    TRY(request.path, path_of(options_.tenant, "imports/" + id_ + "/parts/" + std::to_string(at)));
    request.body.resize(static_cast<std::size_t>(std::min<std::uint64_t>(limits::kUploadPart, size_ - at)));
    file_.seekg(static_cast<std::streamoff>(at));
    const auto size = request.body.size();
    if (!file_.read(request.body.data(), static_cast<std::streamsize>(size))) {
      return context_.explain(Error{ErrorCode::BadRequest, "read the file to send"}, {}, options_.csv);
    }
    auto sent = client_.ask(context_, std::move(request));
    if (sent) {
      tries_ = 0;
      const auto* object = sent.value().if_object();
      const auto* broken = object != nullptr ? object->if_contains("broken") : nullptr;
      broken_ = broken != nullptr && broken->is_bool() && broken->get_bool();
      return at + size;
    }
    const auto code = sent.error().code();
    if ((code != ErrorCode::Unavailable && code != ErrorCode::Conflict) || ++tries_ > limits::kUploadTries) {
      return sent.error();
    }
    std::this_thread::sleep_for(limits::kUploadWait);
    TRY(auto path, path_of(options_.tenant, "imports/" + id_));
    auto asked = client_.ask(context_, {"GET", std::move(path), {}, {}, {}, {}});
    if (!asked) return asked.error().code() == ErrorCode::Unavailable ? Result<std::uint64_t>(at) : asked.error();
    const auto received = received_of(asked.value());
    if (!received || *received > size_) return sent.error();
    return *received;
  }

  Context& context_;
  GateClient& client_;
  const Options& options_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::string id_;
  int tries_ = 0;
  bool broken_ = false;  // refused by what was sent so far: the report says why, and the rest need not go
};

// Repeating a command that lost its answer must be one import: the key may be given again, and is told on failure.
Result<void> create(Context& context, const GateOptions& gate, const Options& options) {
  const std::string key = options.key.empty() ? Id16<struct IdempotencyMeaning>::random().hex() : options.key;
  TRY(auto client, GateClient::open(context, gate));
  auto done = Upload(context, client, options).run(key);
  if (!done && done.error().code() == ErrorCode::Unavailable) {
    return context.explain(done.error(), {}, "--idempotency-key " + key);
  }
  return done;
}

Result<void> decide(Context& context, const GateOptions& gate, const Options& options, const CodeOptions& code,
                    std::string_view decision) {
  TRY(auto path, path_of(options.tenant, "imports/" + options.id + "/decision"));
  TRY(auto fresh, fresh_code(context, gate, code));
  GateRequest request{"POST", std::move(path), {}, {}, "application/json", {}};
  request.body = body_of({{"decision", decision}, {"totpCode", fresh}});
  return act_through_gate(context, gate, std::move(request));
}

void add_decision(CLI::App* group, Context& context, const Shared& options, const char* verb, const char* help,
                  std::string_view decision) {
  auto gate = std::make_shared<GateOptions>();
  auto code = std::make_shared<CodeOptions>();
  auto* command = group->add_subcommand(verb, help);
  command->add_option("id", options->id, "取込みのID / id of the import")->required();
  command->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  add_gate_options(command, context, gate, WithSession::Yes);
  add_code_options(command, code);
  on(command, context, [=](Context& now) { return decide(now, *gate, *options, *code, decision); });
}

}  // namespace

void add_import_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  auto gate = std::make_shared<GateOptions>();
  auto* group = app.add_subcommand("import", "CSVの取込み / imports of CSV files");
  group->require_subcommand(1);

  auto* create_one =
      group->add_subcommand("create", "検査して預ける。確認は別の人 / check and stage; another person confirms");
  create_one->alias("file");
  create_one->add_option("csv", options->csv, "CSVファイル / CSV file")->required();
  create_one->add_option("--tenant", options->tenant, "団体コード / tenant")->required();
  create_one->add_option("--file", options->file, "特定個人情報ファイル、例 honnin-kakunin-joho / record file")
      ->required();
  create_one->add_option("--group", options->group,
                         "表、一つしかなければ省略可 / table; may be left out where there is one");
  create_one
      ->add_option("--encoding", options->encoding,
                   "文字コード UTF-8, CP932, EUC-JP-MS。推測はしない / declared, never guessed")
      ->capture_default_str();
  create_one->add_flag("--five-digit-codes", options->five_digit_codes,
                       "5桁の団体コードを認める / take codes without their check digit");
  create_one->add_flag("--standard-characters", options->standard_characters,
                       "行政事務標準文字を認める / take the administrative standard set");
  create_one->add_option("--ivs-collection", options->collection,
                         "異体字の集合 Moji_Joho または none / declared variation sequences");
  create_one->add_option("--idempotency-key", options->key,
                         "やり直すときは同じ値を。続きから送る / the same value when repeating; goes on where it was");
  add_gate_options(create_one, context, gate, WithSession::Yes);
  on(create_one, context, [=](Context& now) { return create(now, *gate, *options); });

  auto* show = group->add_subcommand("show", "検査の結果 / what the check found");
  show->add_option("id", options->id)->required();
  show->add_option("--tenant", options->tenant)->required();
  add_gate_options(show, context, gate, WithSession::Yes);
  on(show, context, [=](Context& now) -> Result<void> {
    TRY(auto path, path_of(options->tenant, "imports/" + options->id));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  auto* conversions = group->add_subcommand("conversions", "変換記録 / what the import changed in values");
  conversions->add_option("id", options->id)->required();
  conversions->add_option("--tenant", options->tenant)->required();
  conversions->add_option("--part", options->part,
                          "0、続きは前の応答のnextPart / 0, then nextPart of the answer before");
  add_gate_options(conversions, context, gate, WithSession::Yes);
  on(conversions, context, [=](Context& now) -> Result<void> {
    TRY(auto path,
        path_of(options->tenant, "imports/" + options->id + "/conversions/" + std::to_string(options->part)));
    return act_through_gate(now, *gate, {"GET", std::move(path), {}, {}, {}, {}});
  });
  add_identification_commands(*group, context);
  add_decision(group, context, options, "confirm",
               "別の人が確認して公開する / another person confirms; records become visible", "approve");
  add_decision(group, context, options, "reject", "別の人が差し戻す / another person rejects", "reject");
}

}  // namespace shosoin::cli
