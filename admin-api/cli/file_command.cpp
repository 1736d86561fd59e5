#include "admin-api/cli/file_command.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "admin-api/cli/files.h"
#include "firmware/base/limits.h"
#include "storage/files/amendment.h"
#include "storage/files/embedded.h"

namespace shosoin::cli {
namespace {

namespace json = boost::json;
using namespace files;

struct Options {
  std::string first, second;
};

void tell_fault(CommandIo& io, const std::string& file, const DefinitionFault& fault) {
  const auto message = io.pick(fault.message.ja, fault.message.en);
  if (io.json) {
    io.out << json::serialize(
                  json::object{{"file", file}, {"valid", false}, {"pointer", fault.pointer}, {"message", message}})
           << '\n';
    return;
  }
  io.out << file << ' ' << (fault.pointer.empty() ? "/" : fault.pointer) << ": " << message << '\n';
}

// None: what is wrong has been told.
std::optional<Definition> read(CommandIo& io, const std::string& file) {
  const auto text = read_text(file, limits::kMaxDefinitionBytes);
  if (!text) {
    report(io, text.error());
    return std::nullopt;
  }
  DefinitionFault fault;
  auto definition = Definition::load(text.value(), &fault);
  if (definition) return std::move(definition).value();
  tell_fault(io, file, fault);
  fail_with(io, ErrorCode::InvalidContent);
  return std::nullopt;
}

void check(CommandIo& io, const Options& options) {
  const auto definition = read(io, options.first);
  if (!definition) return;
  const auto groups = definition->groups().size(), items = definition->items().size();
  if (io.json) {
    io.out << json::serialize(json::object{{"file", options.first},
                                           {"valid", true},
                                           {"key", definition->key()},
                                           {"version", definition->version()},
                                           {"groups", groups},
                                           {"items", items}})
           << '\n';
  } else if (io.english()) {
    io.out << "valid: " << definition->key() << " version " << definition->version() << ", " << groups << " table(s), "
           << items << " items\n";
  } else {
    io.out << "有効: " << definition->key() << " 第" << definition->version() << "版、" << groups << "組、" << items
           << "項目\n";
  }
}

json::object as_json(const Amendment& amendment, const CommandIo& io) {
  json::array changes;
  for (const auto& change : amendment.changes) {
    const auto& row = amendment_rule(change.rule);
    changes.push_back(json::object{{"rule", row.slug},
                                   {"allowed", row.allowed},
                                   {"in", change.in_old ? "old" : "new"},
                                   {"pointer", change.pointer},
                                   {"key", change.key},
                                   {"message", io.pick(row.text.ja, row.text.en)}});
  }
  return {{"allowed", amendment.allowed()}, {"changes", std::move(changes)}};
}

void print(CommandIo& io, const Amendment& amendment) {
  for (const auto& change : amendment.changes) {
    const auto& row = amendment_rule(change.rule);
    io.out << (row.allowed ? io.pick("可  ", "allowed  ") : io.pick("不可 ", "refused  "))
           << (change.in_old ? io.pick("旧 ", "old ") : io.pick("新 ", "new "))
           << (change.pointer.empty() ? "/" : change.pointer) << " (" << change.key
           << "): " << io.pick(row.text.ja, row.text.en) << '\n';
  }
  io.out << (amendment.allowed() ? io.pick("この改正は使えます。", "This amendment can be used.")
                                 : io.pick("この改正は使えません。", "This amendment cannot be used."))
         << '\n';
}

void diff(CommandIo& io, const Options& options) {
  const auto older = read(io, options.first);
  if (!older) return;
  const auto newer = read(io, options.second);
  if (!newer) return;
  const auto amendment = compare(*older, *newer);
  if (io.json) {
    io.out << json::serialize(as_json(amendment, io)) << '\n';
  } else {
    print(io, amendment);
  }
  if (!amendment.allowed()) fail_with(io, ErrorCode::InvalidContent);
}

}  // namespace

void show_shipped(CommandIo& io, std::string_view key) {
  for (const auto text : embedded::definitions()) {
    const auto definition = Definition::load(text);
    if (!definition) return report(io, definition.error());
    if (definition.value().key() != key) continue;
    io.out << text;
    return;
  }
  report(io, Error{ErrorCode::NotFound, "find the record file definition"});
}

void add_file_commands(CLI::App& app, CommandIo& io) {
  auto* file = app.add_subcommand("file", "記録ファイルの定義 / definitions of record files")->require_subcommand(1);
  const auto options = std::make_shared<Options>();  // CLI11 copies the callback
  auto* checking = file->add_subcommand("check", "定義を検査 / check a definition");
  checking->add_option("FILE", options->first, "定義のJSON、- は標準入力 / JSON, - for standard input")->required();
  checking->callback([&io, options] { check(io, *options); });
  auto* comparing = file->add_subcommand("diff", "改正を検査 / check an amendment");
  comparing->add_option("OLD", options->first, "いまの定義 / the present definition")->required();
  comparing->add_option("NEW", options->second, "新しい版 / the new version")->required();
  comparing->callback([&io, options] { diff(io, *options); });
  auto* showing = file->add_subcommand("show", "付属の定義を書き出す / print a shipped definition");
  showing->add_option("KEY", options->first, "ファイルのキー / record file key")->required();
  showing->callback([&io, options] { show_shipped(io, options->first); });
}

}  // namespace shosoin::cli
