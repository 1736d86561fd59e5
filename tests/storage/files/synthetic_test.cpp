#include "storage/files/synthetic.h"

#include <set>

#include "firmware/base/limits.h"
#include "storage/files/encoder.h"
#include "storage/files/synthetic_person.h"
#include "storage/files/synthetic_text.h"
#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

const DefinitionSet& shipped() {
  static const auto set = DefinitionSet::embedded().value();
  return set;
}
std::string people(const SyntheticOptions& options) {
  std::string out;
  EXPECT_TRUE(write_synthetic_people(honnin(), options, [&](std::string_view text) -> Result<void> {
    out += text;
    return success();
  }));
  return out;
}
std::string table_text(const SyntheticTable& table, std::uint64_t* rows = nullptr) {
  std::string out;
  const auto told = write_synthetic_table(table, [&](std::string_view text) -> Result<void> {
    out += text;
    return success();
  });
  EXPECT_TRUE(told);
  if (told && rows != nullptr) *rows = told.value();
  return out;
}

struct Imported {
  ImportReport report;
  std::vector<RecordInput> records;
};
Imported import_table(const SyntheticTable& table) {
  Imported out;
  std::uint64_t rows = 0;
  const auto text = table_text(table, &rows);
  auto importer =
      Importer::create_for_group(table.definition, table.group, table.tenant, {.encoding = table.form.encoding})
          .value();
  const auto sink = [&](const ImportedRow& row) -> Result<void> {
    out.records.push_back(row.record);
    return success();
  };
  EXPECT_TRUE(importer.feed(view_of(text), sink));
  out.report = importer.finish(sink).value();
  EXPECT_EQ(out.report.rows, rows);
  return out;
}
std::uint64_t count_of(const ImportReport& report, RuleId rule) {
  return report.counts[static_cast<std::size_t>(rule)];
}

constexpr SyntheticForm kForms[] = {
    {.encoding = Encoding::Utf8, .byte_order_mark = true, .crlf = true},
    {.encoding = Encoding::Utf8, .byte_order_mark = false, .crlf = false, .addressee_column = true},
    {.encoding = Encoding::Cp932, .crlf = true, .half_width_kana = true, .addressee_column = true},
    {.encoding = Encoding::EucJpMs, .crlf = false, .addressee_column = true},
};

TEST(Synthetic, EveryTableOfEveryFileIsAcceptedInEveryEncodingByEveryTenant) {
  std::size_t tables = 0;
  for (auto code : {"110001", "111007", "042021", "431001", "132101"}) {
    const auto own = tenant(code);
    for (const auto& definition : shipped().all()) {
      for (const auto& group : definition.groups()) {
        for (const auto& form : kForms) {
          const auto run = import_table(
              {.definition = definition, .group = group.key, .tenant = own, .count = 90, .seed = 7, .form = form});
          const auto& why = run.report.problems;
          EXPECT_EQ(run.report.verdict, Verdict::Accepted)
              << code << ' ' << definition.key() << ' ' << group.key << ' ' << to_text(form.encoding) << ": "
              << (why.empty() ? "" : render(why.front()).en);
          EXPECT_GT(run.report.accepted, 11u);
          EXPECT_EQ(run.report.had_crlf, form.crlf);
          EXPECT_EQ(run.report.had_bom, form.encoding == Encoding::Utf8 && form.byte_order_mark);
          EXPECT_EQ(count_of(run.report, RuleId::ResidentRecordCheckDigit), 0u);
          EXPECT_EQ(count_of(run.report, RuleId::ResidenceCardForm), 0u);
          ++tables;
        }
      }
    }
  }
  EXPECT_EQ(tables, 5u * 18u * 4u);
}

// What of a person stands in a table: the addressee number links, and everything else must agree.
struct Seen {
  std::string number, resident_code, birth;
};
std::map<std::string, Seen> persons_of(const Definition& definition, std::string_view group,
                                       const SyntheticForm& form) {
  const auto own = tenant();
  auto with_column = form;
  with_column.addressee_column = true;
  const auto run = import_table(
      {.definition = definition, .group = group, .tenant = own, .count = 200, .seed = 11, .form = with_column});
  const auto index = definition.group_index(group).value();
  const auto value = [&](const RecordInput& record, ItemRole role) {
    const auto at = definition.index_of(role, index);
    return at ? record.values[*at] : std::string();
  };
  std::map<std::string, Seen> out;
  for (const auto& record : run.records) {
    const auto key = record.addressee_number ? *record.addressee_number : value(record, ItemRole::AddresseeNumber);
    auto& seen = out[key];
    if (record.individual_number) seen.number = record.individual_number->reveal();
    seen.resident_code = value(record, ItemRole::ResidentRecordCode);
    const auto birth = value(record, ItemRole::BirthDate);
    if (!birth.empty()) seen.birth = birth_date_key(read_date(birth).value());
  }
  return out;
}
TEST(Synthetic, ThePersonIsTheSameInEveryFileAndTableAndEncoding) {
  const auto base = persons_of(*shipped().find("jumin-kihon-daicho"), "resident", kForms[0]);
  ASSERT_EQ(base.size(), 200u);
  std::size_t form = 0, compared = 0;
  for (const auto& definition : shipped().all()) {
    for (const auto& group : definition.groups()) {
      if (group.rows == GroupRows::Apart) continue;
      const auto seen = persons_of(definition, group.key, kForms[form++ % std::size(kForms)]);
      EXPECT_GT(seen.size(), 60u);
      for (const auto& [key, person] : seen) {
        const auto& one = base.at(key);
        if (!person.number.empty()) {
          EXPECT_EQ(person.number, one.number) << definition.key() << group.key;
        }
        if (!person.resident_code.empty()) {
          EXPECT_EQ(person.resident_code, one.resident_code) << definition.key();
        }
        if (!person.birth.empty()) {
          EXPECT_EQ(person.birth, one.birth) << definition.key() << group.key;
        }
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 2000u);
}
TEST(Synthetic, ChildrenAndRelativesAreOtherPeopleOfTheSameSet) {
  const auto& definition = *shipped().find("jido-teate");
  const auto own = tenant();
  const auto run = import_table({.definition = definition, .group = "child", .tenant = own, .count = 30, .seed = 2});
  const auto residents = persons_of(*shipped().find("jumin-kihon-daicho"), "resident", kForms[0]);
  ASSERT_GT(run.records.size(), 9u);
  for (const auto& record : run.records) {
    const auto child = record.values[6];  // 児童福祉台帳番号
    EXPECT_NE(child, record.values[0]);
    EXPECT_TRUE(residents.contains(child));
    EXPECT_FALSE(record.values[19].empty());  // 児童生年月日
  }
}
TEST(Synthetic, AChangedNumberStandsInTheHistoryWithTheFormerOneAndNoNumberIsGivenTwice) {
  const auto own = tenant();
  const auto run = import_table({.definition = *shipped().find("jumin-kihon-daicho"),
                                 .group = "integratedAddressee",
                                 .tenant = own,
                                 .count = 2000,
                                 .seed = 3});
  std::map<std::string, std::string> owner;  // number -> addressee number
  std::size_t changed = 0;
  const auto take = [&](std::string_view number, const std::string& person) {
    const auto [at, fresh] = owner.emplace(number, person);
    EXPECT_TRUE(fresh || at->second == person);
  };
  for (const auto& record : run.records) {
    const auto person = record.values[2];
    take(record.individual_number->reveal(), person);
    for (const auto& other : record.other_numbers) take(other.number.reveal(), person);
    changed += record.other_numbers.size() == 2 ? 1 : 0;
  }
  EXPECT_EQ(changed, 50u);  // one of forty
}
TEST(Synthetic, TheSameSeedGivesTheSameBytesAndAnotherSeedOtherPeople) {
  const SyntheticOptions options{.tenant = tenant(), .count = 50, .seed = 1};
  EXPECT_EQ(people(options), people(options));
  auto other = options;
  other.seed = 2;
  EXPECT_NE(people(options), people(other));
  auto elsewhere = options;
  elsewhere.tenant = tenant("431001");
  EXPECT_NE(people(options), people(elsewhere));
  auto more = options;
  more.count = 60;
  EXPECT_TRUE(people(more).starts_with(people(options)));
}
TEST(Synthetic, BringsWhatBreaksOtherSystemsWithTheFirstTwentyPeople) {
  const auto text = people({.tenant = tenant(), .count = 20, .seed = 3});
  for (auto piece :
       {"髙橋", "𠮷村", "葛\U000E0102城", "辻\U000E0102本", "\uFA19田", "\uFA11山", "0000-00-00", "TEST-00000001"}) {
    EXPECT_NE(text.find(piece), std::string::npos) << piece;
  }
  const auto many = people({.tenant = tenant(), .count = 2000, .seed = 3});
  for (auto piece : {"NGUYEN", "-A1-00", "-08-A2", "−", "０"}) EXPECT_NE(many.find(piece), std::string::npos) << piece;
}
TEST(Synthetic, ForeignersHaveAResidenceCardAndNobodyElse) {
  const auto own = tenant();
  const auto& definition = *shipped().find("jumin-kihon-daicho");
  const auto run =
      import_table({.definition = definition, .group = "resident", .tenant = own, .count = 600, .seed = 5});
  std::size_t card = 0, nationality = 0;
  for (const auto& item : definition.items_of(0)) {
    if (item.key == "residenceCardNumber") card = static_cast<std::size_t>(&item - definition.items_of(0).data());
    if (item.key == "nationality") nationality = static_cast<std::size_t>(&item - definition.items_of(0).data());
  }
  std::size_t foreigners = 0;
  for (const auto& record : run.records) {
    EXPECT_EQ(record.values[card].empty(), record.values[nationality].empty());
    foreigners += record.values[card].empty() ? 0 : 1;
  }
  EXPECT_GE(foreigners, 3u);
  EXPECT_LT(foreigners, 100u);
}
TEST(Synthetic, AHostThatLacksACharacterHoldsTheUsualOneInItsPlace) {
  using synthetic::fitted;
  EXPECT_EQ(fitted(Encoding::Cp932, "髙橋"), "髙橋");
  EXPECT_EQ(fitted(Encoding::Cp932, "𠮷村"), "吉村");
  EXPECT_EQ(fitted(Encoding::EucJpMs, "葛\U000E0102城"), "葛城");
  EXPECT_EQ(fitted(Encoding::Cp932, "1−2"), "1\uFF0D2");
  EXPECT_EQ(fitted(Encoding::Cp932, "\U0001F600"), "？");
  EXPECT_EQ(fitted(Encoding::Utf8, "𠮷葛\U000E0102−"), "𠮷葛\U000E0102−");
}
TEST(Synthetic, DaysAreWrittenInTheStyleOfTheFile) {
  using synthetic::DateStyle;
  using synthetic::restyle;
  EXPECT_EQ(restyle("1945-08-20", DateStyle::Era), "昭和20-08-20");
  EXPECT_EQ(restyle("2019-05-01", DateStyle::Era), "令和元-05-01");
  EXPECT_EQ(restyle("1989-01-07", DateStyle::Era), "昭和64-01-07");
  EXPECT_EQ(restyle("1926-A4-00", DateStyle::Era), "大正15-A4-00");
  EXPECT_EQ(restyle("0000-00-00", DateStyle::Era), "00000000");
  EXPECT_EQ(restyle("1945-08-A2", DateStyle::Compact), "194508A2");
  EXPECT_EQ(restyle("2024-04", DateStyle::Era), "令和6-04");
  EXPECT_EQ(restyle("2024-04", DateStyle::Compact), "202404");
  for (int year = 1926; year < 2025; ++year) {
    for (auto rest : {"-01-01", "-12-28", "-00-00", "-A1-00", "-A4-00", "-05-A2"}) {
      const auto iso = std::to_string(year) + rest;
      const auto era = read_date(restyle(iso, DateStyle::Era));
      ASSERT_TRUE(era) << iso;
      EXPECT_EQ(birth_date_key(era.value()), birth_date_key(read_date(iso).value())) << iso;
    }
  }
}
TEST(Synthetic, HalfWidthKanaComeOutOfTheImportAsFullWidth) {
  const SyntheticOptions full{.tenant = tenant(), .count = 300, .seed = 5};
  auto half = full;
  half.half_width_kana = true;
  const auto one = run_import(people(full)), other = run_import(people(half));
  EXPECT_GT(other.report.counts[static_cast<std::size_t>(RuleId::KanaWidened)], 300u);
  ASSERT_EQ(one.records.size(), other.records.size());
  const auto kana = index_of_key("kanaName");
  for (std::size_t i = 0; i < one.records.size(); ++i) {
    EXPECT_EQ(kana_search_key(one.records[i].values[kana]), kana_search_key(other.records[i].values[kana]));
  }
}
TEST(Synthetic, RealPlacesHaveTownsPostcodesAndValidCodes) {
  std::set<std::string_view> codes;
  for (const auto& place : synthetic::municipalities()) {
    EXPECT_TRUE(LocalGovernmentCode::parse(place.code)) << place.code;
    EXPECT_TRUE(codes.insert(place.code).second);
    EXPECT_GT(place.towns.size(), 5u) << place.code;
    for (const auto& town : place.towns) {
      EXPECT_EQ(town.postal_code.size(), 8u);
      EXPECT_FALSE(town.name.empty());
      std::string out;
      EXPECT_TRUE(encode_text(Encoding::Cp932, synthetic::town_text(place, town), out)) << town.name;
      EXPECT_TRUE(encode_text(Encoding::EucJpMs, synthetic::town_text(place, town), out)) << town.name;
    }
  }
  for (auto code : {"110001", "111007", "042021", "431001", "132101"}) EXPECT_TRUE(codes.contains(code)) << code;
  EXPECT_EQ(synthetic::municipality_of("465291").name, "試験市");  // a place we have no data of
}
TEST(Synthetic, RefusesATableItDoesNotKnowAndTooManyPeople) {
  const auto nowhere = [](std::string_view) -> Result<void> { return success(); };
  const auto own = tenant();
  EXPECT_EQ(write_synthetic_table({.definition = honnin(), .group = "none", .tenant = own, .count = 1}, nowhere)
                .error()
                .code(),
            ErrorCode::NotFound);
  const auto many = limits::kMaxSyntheticPeople + 1;
  EXPECT_EQ(write_synthetic_table({.definition = honnin(), .group = "", .tenant = own, .count = many}, nowhere)
                .error()
                .code(),
            ErrorCode::TooMany);
}
TEST(Synthetic, AnErrorOfTheReceiverEndsTheWriting) {
  const auto own = tenant();
  const auto full = [](std::string_view) -> Result<void> { return Error{ErrorCode::StorageFull, "write"}; };
  EXPECT_EQ(
      write_synthetic_table({.definition = honnin(), .group = "", .tenant = own, .count = 5000}, full).error().code(),
      ErrorCode::StorageFull);
}

TEST(Encoder, WhatItWritesIsReadBackForEveryCharacterOfEveryTable) {
  for (const auto encoding : {Encoding::Cp932, Encoding::EucJpMs}) {
    std::size_t held = 0;
    for (char32_t c = 0; c < 0x10000; ++c) {
      if ((c >= 0xD800 && c < 0xE000) || !can_encode(encoding, c)) continue;
      std::string text, bytes, back;
      append_utf8(text, c);
      ASSERT_TRUE(encode_text(encoding, text, bytes));
      Decoder decoder(encoding);
      ASSERT_TRUE(decoder.decode(view_of(bytes), back));
      EXPECT_EQ(back, text) << std::hex << static_cast<std::uint32_t>(c);
      ++held;
    }
    EXPECT_GT(held, encoding == Encoding::Cp932 ? 9000u : 14000u);
  }
}
TEST(Encoder, WritesTheCodesThatWindowsWrites) {
  const auto code = [](Encoding encoding, std::string_view text) {
    std::string bytes;
    return encode_text(encoding, text, bytes) ? to_hex(view_of(bytes)) : std::string("none");
  };
  EXPECT_EQ(code(Encoding::Cp932, "髙"), "fbfc");
  EXPECT_EQ(code(Encoding::Cp932, "∵"), "81e6");
  EXPECT_EQ(code(Encoding::Cp932, "①ｱ"), "8740b1");
  EXPECT_EQ(code(Encoding::EucJpMs, "髙"), "8ff4fb");
  EXPECT_EQ(code(Encoding::EucJpMs, "ｱ亜"), "8eb1b0a1");
  EXPECT_EQ(code(Encoding::Cp932, "𠮷"), "none");
  EXPECT_EQ(code(Encoding::Utf8, "𠮷"), "f0a0aeb7");
}

}  // namespace
}  // namespace shosoin::files
