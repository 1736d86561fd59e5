// Where definitions come from: the program itself, or a directory of the administrator.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "firmware/base/limits.h"
#include "storage/files/definition.h"
#include "storage/files/embedded.h"

namespace shosoin::files {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_text(const fs::path& file) {
  constexpr Literal kDoing = "read a definition file";
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  if (failed) return Error{ErrorCode::Settings, kDoing, failed.value()};
  if (size > limits::kMaxDefinitionBytes) return Error{ErrorCode::TooLarge, kDoing};
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) return Error{ErrorCode::Settings, kDoing};
  return text.str();
}

Result<std::vector<fs::path>> list(const fs::path& directory) {
  constexpr Literal kDoing = "list the definition directory";
  std::vector<fs::path> files;
  std::error_code failed;
  fs::directory_iterator at(directory, failed);
  if (failed) return Error{ErrorCode::Settings, kDoing, failed.value()};
  for (; at != fs::directory_iterator{}; at.increment(failed)) {
    const auto name = at->path().filename().string();
    if (!name.ends_with(".json") || name.ends_with(".schema.json")) continue;
    if (files.size() == limits::kMaxDefinitions) return Error{ErrorCode::TooMany, kDoing};
    files.push_back(at->path());
  }
  if (failed) return Error{ErrorCode::Settings, kDoing, failed.value()};
  std::sort(files.begin(), files.end());
  return files;
}

constexpr Bilingual kSameVersion{"同じキーと版の定義が前にあります。",
                                 "An earlier definition has this key and version."};

}  // namespace

Result<DefinitionSet> DefinitionSet::embedded() {
  DefinitionSet set;
  for (const auto text : embedded::definitions()) {
    TRY(auto definition, Definition::load(text));
    ENSURE(set.add(std::move(definition)));
  }
  return set;
}

Result<DefinitionSet> DefinitionSet::load_directory(const fs::path& directory, DefinitionFault* fault) {
  TRY(auto files, list(directory));
  DefinitionSet set;
  for (const auto& file : files) {
    DefinitionFault found{"", {"ファイルを読めません。", "The file cannot be read."}};
    auto text = read_text(file);
    auto definition = text ? Definition::load(text.value(), &found) : Result<Definition>(text.error());
    const bool fits = definition && set.add(std::move(definition).value());
    if (fits) continue;
    if (definition) found = {"/version", kSameVersion};
    if (fault != nullptr) *fault = {file.filename().string() + found.pointer, found.message};
    if (!definition) return definition.error();
    return Error{ErrorCode::Conflict, "load the definitions of a directory"};
  }
  return set;
}

}  // namespace shosoin::files
