#include "admin-api/cli/synthetic_directory.h"

#include <array>
#include <boost/json.hpp>
#include <fstream>

#include "admin-api/cli/files.h"
#include "crypto/canonical_json.h"
#include "crypto/hash_stream.h"

namespace shosoin::cli {
namespace {

using namespace files;
namespace json = boost::json;

constexpr std::string_view kManifestName = "manifest.json";
constexpr int kManifestFormat = 1;
constexpr Literal kDoing = "write the synthetic people";
// One after the other for each table of a directory, so that every form occurs; the seed says which begins.
constexpr auto kForms = std::to_array<SyntheticForm>({
    {.encoding = Encoding::Utf8, .addressee_column = true},
    {.encoding = Encoding::Cp932, .half_width_kana = true, .addressee_column = true},
    {.encoding = Encoding::EucJpMs, .crlf = false, .addressee_column = true},
    {.encoding = Encoding::Utf8, .byte_order_mark = false, .crlf = false, .addressee_column = true},
    {.encoding = Encoding::Cp932, .crlf = false, .addressee_column = true},
    {.encoding = Encoding::EucJpMs, .half_width_kana = true, .addressee_column = true},
});

Result<json::object> write_table(const SyntheticDirectory& what, const SyntheticTable& table) {
  const auto name = std::string(table.definition.key()) + "." + std::string(table.group) + ".TEST.csv";
  std::ofstream file(what.path / name, std::ios::binary | std::ios::trunc);
  if (!file) return Error{ErrorCode::BadRequest, "open a file in the directory"};
  crypto::Sha256Stream digest;
  std::uint64_t bytes = 0;
  TRY(auto rows, write_synthetic_table(table, [&](std::string_view text) -> Result<void> {
        digest.add(view_of(text));
        bytes += text.size();
        if (!file.write(text.data(), static_cast<std::streamsize>(text.size()))) {
          return Error{ErrorCode::StorageFull, kDoing};
        }
        return success();
      }));
  if (!file.flush()) return Error{ErrorCode::StorageFull, kDoing};
  const auto& form = table.form;
  const bool utf8 = form.encoding == Encoding::Utf8;
  return json::object{{"byteOrderMark", utf8 && form.byte_order_mark},
                      {"bytes", bytes},
                      {"encoding", to_text(form.encoding)},
                      {"file", table.definition.key()},
                      {"group", table.group},
                      {"halfWidthKana", form.half_width_kana},
                      {"lineEnd", form.crlf ? "CRLF" : "LF"},
                      {"name", name},
                      {"rows", rows},
                      {"sha256", to_hex(digest.finish())}};
}

}  // namespace

Result<std::size_t> write_synthetic_directory(const SyntheticDirectory& what) {
  std::error_code failed;
  std::filesystem::create_directories(what.path, failed);
  if (failed) return Error{ErrorCode::BadRequest, "make the directory"};
  const auto manifest_path = what.path / kManifestName;
  if (std::filesystem::exists(manifest_path)) return Error{ErrorCode::Conflict, "write over a set of synthetic people"};
  json::array tables;
  for (const auto& definition : what.definitions.all()) {
    for (const auto& group : definition.groups()) {
      auto form = kForms[(tables.size() + what.seed) % kForms.size()];
      if (what.encoding) form = {.encoding = *what.encoding, .addressee_column = true};
      TRY(auto told, write_table(what, {.definition = definition,
                                        .group = group.key,
                                        .tenant = what.tenant,
                                        .count = what.count,
                                        .seed = what.seed,
                                        .form = form}));
      tables.push_back(std::move(told));
    }
  }
  const auto count = tables.size();
  const json::object manifest{{"count", what.count},         {"format", kManifestFormat},    {"seed", what.seed},
                              {"tables", std::move(tables)}, {"tenant", what.tenant.text()}, {"testData", true}};
  TRY(write_public(manifest_path, view_of(crypto::canonical_json(manifest) + "\n")));
  return count;
}

}  // namespace shosoin::cli
