// Every table of every record file about the same synthetic people, as CSV files in one directory, and beside them
// manifest.json that says what each file is (storage/files/synthetic.md). One thread.
#pragma once

#include <filesystem>
#include <optional>

#include "storage/files/synthetic.h"

namespace shosoin::cli {

struct SyntheticDirectory {
  std::filesystem::path path;  // made where it is missing; refused (Conflict) when it holds a manifest already
  const files::DefinitionSet& definitions;
  const files::LocalGovernmentCode& tenant;
  std::uint64_t count = 0, seed = 0;
  std::optional<files::Encoding> encoding;  // none: a form for each table in turn, so that all forms occur
};
// How many files were written.
Result<std::size_t> write_synthetic_directory(const SyntheticDirectory& what);

}  // namespace shosoin::cli
