#include "admin-api/cli/synthetic_command.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "storage/files/synthetic.h"

namespace shosoin::cli {
namespace {

using namespace files;

struct Options {
  std::string tenant, file = "honnin-kakunin-joho", out;
  std::uint64_t count = 1000, seed = 1;
  bool addressee_numbers = false, half_width_kana = false;
};

Result<void> write(const Options& options, std::ostream& out) {
  TRY(auto tenant, LocalGovernmentCode::parse(options.tenant));
  TRY(auto definitions, DefinitionSet::embedded());
  const auto* definition = definitions.find(options.file);
  if (definition == nullptr) return Error{ErrorCode::NotFound, "find the record file definition"};
  const SyntheticOptions what{.tenant = tenant,
                              .count = options.count,
                              .seed = options.seed,
                              .addressee_column = options.addressee_numbers,
                              .half_width_kana = options.half_width_kana};
  TRY(write_synthetic_people(*definition, what, [&](std::string_view text) -> Result<void> {
    if (!out.write(text.data(), static_cast<std::streamsize>(text.size()))) {
      return Error{ErrorCode::StorageFull, "write the synthetic people"};
    }
    return success();
  }));
  if (!out.flush()) return Error{ErrorCode::StorageFull, "write the synthetic people"};
  return success();
}

void run(CommandIo& io, const Options& options) {
  std::ofstream file;
  if (!options.out.empty()) {
    file.open(options.out, std::ios::binary | std::ios::trunc);
    if (!file) return report(io, Error{ErrorCode::BadRequest, "open the output file"});
  }
  const auto written = write(options, options.out.empty() ? io.out : file);
  if (!written) return report(io, written.error());
  io.err << options.count
         << io.pick("人分の試験データを書き出しました。\n", " synthetic people written: test data only.\n");
}

}  // namespace

void add_synthetic_commands(CLI::App& app, CommandIo& io) {
  auto* synthetic = app.add_subcommand("synthetic", "試験データ / test data")->require_subcommand(1);
  auto* command = synthetic->add_subcommand("people", "架空の人のCSV / a CSV of people who do not exist");
  const auto options = std::make_shared<Options>();  // CLI11 copies the callback
  command->add_option("--tenant", options->tenant, "団体コード6桁 / local government code")->required();
  command->add_option("--file", options->file, "ファイルのキー / record file key");
  command->add_option("--count", options->count, "人数 / how many");
  command->add_option("--seed", options->seed, "同じ値なら同じ内容 / same seed, same bytes");
  command->add_option("--out", options->out, "出力先 / output file");
  command->add_flag("--addressee-numbers", options->addressee_numbers, "先頭に宛名番号の列 / leading column 宛名番号");
  command->add_flag("--half-width-kana", options->half_width_kana, "カナを半角で / kana in half width");
  command->callback([&io, options] { run(io, *options); });
}

}  // namespace shosoin::cli
