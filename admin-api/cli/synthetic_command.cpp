#include "admin-api/cli/synthetic_command.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <optional>

#include "admin-api/cli/synthetic_directory.h"

namespace shosoin::cli {
namespace {

using namespace files;

struct Options {
  std::string tenant, file = "honnin-kakunin-joho", group, encoding, line_end = "CRLF", out, directory;
  std::uint64_t count = 1000, seed = 1;
  bool addressee_numbers = false, half_width_kana = false, no_byte_order_mark = false;
};

Result<std::optional<Encoding>> declared(const Options& options) {
  if (options.encoding.empty()) return std::optional<Encoding>{};
  const auto encoding = encoding_of(options.encoding);
  if (!encoding) return Error{ErrorCode::InvalidContent, "read the encoding: UTF-8, CP932 or EUC-JP-MS"};
  return encoding;
}

Result<void> write_one(const Options& options, const DefinitionSet& definitions, const LocalGovernmentCode& tenant,
                       std::ostream& out) {
  const auto* definition = definitions.find(options.file);
  if (definition == nullptr) return Error{ErrorCode::NotFound, "find the record file definition"};
  const bool first = options.group.empty();  // of several tables: the first
  TRY(auto encoding, declared(options));
  const SyntheticForm form{.encoding = encoding.value_or(Encoding::Utf8),
                           .byte_order_mark = !options.no_byte_order_mark,
                           .crlf = options.line_end == "CRLF",
                           .half_width_kana = options.half_width_kana,
                           .addressee_column = options.addressee_numbers};
  TRY(write_synthetic_table({.definition = *definition,
                             .group = first ? definition->groups().front().key : options.group,
                             .tenant = tenant,
                             .count = options.count,
                             .seed = options.seed,
                             .form = form},
                            [&](std::string_view text) -> Result<void> {
                              if (!out.write(text.data(), static_cast<std::streamsize>(text.size()))) {
                                return Error{ErrorCode::StorageFull, "write the synthetic people"};
                              }
                              return success();
                            }));
  if (!out.flush()) return Error{ErrorCode::StorageFull, "write the synthetic people"};
  return success();
}

Result<void> write(const Options& options, CommandIo& io) {
  TRY(auto tenant, LocalGovernmentCode::parse(options.tenant));
  TRY(auto definitions, DefinitionSet::embedded());
  if (!options.directory.empty()) {
    TRY(auto encoding, declared(options));
    TRY(write_synthetic_directory({.path = options.directory,
                                   .definitions = definitions,
                                   .tenant = tenant,
                                   .count = options.count,
                                   .seed = options.seed,
                                   .encoding = encoding}));
    return success();
  }
  if (options.out.empty()) return write_one(options, definitions, tenant, io.out);
  std::ofstream file(options.out, std::ios::binary | std::ios::trunc);
  if (!file) return Error{ErrorCode::BadRequest, "open the output file"};
  return write_one(options, definitions, tenant, file);
}

void run(CommandIo& io, const Options& options) {
  const auto written = write(options, io);
  if (!written) return report(io, written.error());
  io.err << options.count
         << io.pick("人分の試験データを書き出しました。本番の団体には取り込まないでください。\n",
                    " synthetic people written: test data only, never for a production tenant.\n");
}

constexpr std::string_view kAbout =
    "同じ団体・seed・人数なら、どのファイルのどの表でも同じ人(同じ番号・氏名・世帯)"
    "になります。実在の町名と郵便番号を使い、\n"
    "番号の検査数字は正しく、偶然に実在の人の番号と一致しうるので、本番の団体には決して取り込まないでください。\n"
    "試験データの印: "
    "宛名番号は99で始まる15桁、団体内統合宛名番号は98で始まる15桁。書ける項目にはTEST、TESTDATA、試験データ。\n"
    "The same tenant, seed and count give the same people in every table of every file. Check digits are valid, so a\n"
    "number may by chance be someone's: never import these into a production tenant. Marks of test data: addressee\n"
    "numbers of 15 digits that begin with 99, integrated ones with 98; TEST, TESTDATA or 試験データ wherever an item\n"
    "can hold it; and TEST in the names of the files that --directory writes.";

}  // namespace

void add_synthetic_commands(CLI::App& app, CommandIo& io) {
  auto* synthetic = app.add_subcommand("synthetic", "試験データ / test data")->require_subcommand(1);
  auto* command = synthetic->add_subcommand("people", "架空の人のCSV / CSV of people who do not exist");
  command->footer(std::string(kAbout));
  const auto options = std::make_shared<Options>();  // CLI11 copies the callback
  command->add_option("--tenant", options->tenant, "団体コード6桁 / local government code")->required();
  auto* file = command->add_option("--file", options->file, "ファイルのキー / record file key");
  auto* group = command->add_option("--group", options->group, "表のキー / key of the table");
  command->add_option("--count", options->count, "人数 / how many people");
  command->add_option("--seed", options->seed, "同じ値なら同じ内容 / same seed, same bytes");
  command->add_option("--encoding", options->encoding, "文字コード / UTF-8, CP932, EUC-JP-MS");
  auto* line_end = command->add_option("--line-end", options->line_end, "改行 / line ends");
  line_end->check(CLI::IsMember({"CRLF", "LF"}));
  auto* mark = command->add_flag("--no-bom", options->no_byte_order_mark, "BOMなし / without a byte order mark");
  auto* out = command->add_option("--out", options->out, "出力先 / output file");
  auto* numbers = command->add_flag("--addressee-numbers", options->addressee_numbers,
                                    "先頭に宛名番号の列 / leading column 宛名番号");
  auto* kana = command->add_flag("--half-width-kana", options->half_width_kana, "カナを半角で / kana in half width");
  auto* directory = command->add_option("--directory", options->directory,
                                        "全ファイルの全表と manifest.json / every table of every file, and a manifest");
  for (auto* other : {file, group, line_end, mark, out, numbers, kana}) directory->excludes(other);
  command->callback([&io, options] { run(io, *options); });
}

}  // namespace shosoin::cli
