// Seeded synthetic people for tests and demos, as the CSV a municipal package would write (UTF-8 with BOM, every value
// quoted, CRLF). The same options give the same bytes on every machine. Nobody is meant: names are drawn at random, and
// every row says TEST in 依頼管理番号, 操作者ID and 操作端末ID. Numbers have valid check digits and may by chance be
// someone's: never load such a file into a production tenant. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "storage/files/definition.h"
#include "storage/files/identifiers.h"

namespace shosoin::files {

struct SyntheticOptions {
  LocalGovernmentCode tenant;
  std::uint64_t count = 0;  // at most limits::kMaxSyntheticPeople
  std::uint64_t seed = 0;
  bool addressee_column = false;  // the leading column 宛名番号
  bool half_width_kana = false;   // kana as old hosts write them
};
using TextSink = std::function<Result<void>(std::string_view)>;

// InvalidContent for a definition other than honnin-kakunin-joho.
Result<void> write_synthetic_people(const Definition& definition, const SyntheticOptions& options, const TextSink& out);

}  // namespace shosoin::files
