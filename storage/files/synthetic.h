// Seeded synthetic people for tests, drills and demonstrations, as CSV files a municipal package would write: every
// table of every record file, in every declared encoding. The same tenant, seed and count give the same people in all
// files - the same numbers, names, households, histories - and the same bytes on every machine. Nobody is meant: names
// are drawn at random from lists of common ones; towns and postcodes are real (places/). How test data is told from
// real data: 宛名番号 begins with 99 and has 15 digits, 団体内統合宛名番号 with 98, and where an item allows it says
// TEST, TESTDATA or 試験データ. Individual numbers have valid check digits and may by chance be someone's: never load
// such a file into a production tenant. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "storage/files/definition.h"
#include "storage/files/encoding.h"
#include "storage/files/identifiers.h"

namespace shosoin::files {

// The form of a file. Where an encoding lacks a character, the file has what a host of that encoding would hold: 吉 for
// 𠮷, a name without its variation selector.
struct SyntheticForm {
  Encoding encoding = Encoding::Utf8;
  bool byte_order_mark = true;    // UTF-8 only
  bool crlf = true;               // else LF
  bool half_width_kana = false;   // kana as old hosts write them
  bool addressee_column = false;  // the leading column 宛名番号, where the table could also go without
};
struct SyntheticOptions {
  LocalGovernmentCode tenant;
  std::uint64_t count = 0;  // people, at most limits::kMaxSyntheticPeople; three are one household
  std::uint64_t seed = 0;
  bool addressee_column = false;
  bool half_width_kana = false;
};
using TextSink = std::function<Result<void>(std::string_view)>;

// One table. NotFound when the definition has no such group; returns the rows of data. A table about grown-ups or about
// heads of households has fewer people than `count`, one of histories more rows than people.
struct SyntheticTable {
  const Definition& definition;
  std::string_view group;  // "": the only one
  const LocalGovernmentCode& tenant;
  std::uint64_t count = 0, seed = 0;
  SyntheticForm form{};
};
Result<std::uint64_t> write_synthetic_table(const SyntheticTable& table, const TextSink& out);

// The first table of a definition in UTF-8 with a byte order mark and CRLF.
Result<void> write_synthetic_people(const Definition& definition, const SyntheticOptions& options, const TextSink& out);

}  // namespace shosoin::files
