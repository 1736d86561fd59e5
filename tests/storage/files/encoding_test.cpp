// Declared encodings against the vectors of glibc and Python, and through the importer.
#include "storage/files/encoding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "crypto/hash.h"
#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

namespace json = boost::json;

const json::object& vectors() {
  static const auto all = json::parse(read_source_file("tests/vectors/encodings.json"));
  return all.as_object();
}
std::optional<std::string> decode(Encoding encoding, ByteView bytes, std::size_t piece = 1 << 16) {
  Decoder decoder(encoding);
  std::string out;
  for (auto rest = bytes; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    if (!decoder.decode(rest.first(std::min(piece, rest.size())), out)) return std::nullopt;
  }
  if (!decoder.complete()) return std::nullopt;
  return out;
}
std::string utf8_of(std::string_view hexadecimal_point) {
  std::string out;
  append_utf8(out, static_cast<char32_t>(std::stoul(std::string(hexadecimal_point), nullptr, 16)));
  return out;
}
std::string upper_hex(ByteView bytes) {
  auto text = to_hex(bytes);
  for (auto& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}
std::vector<Bytes> all_codes(Encoding encoding) {
  std::vector<Bytes> codes;
  const bool windows = encoding == Encoding::Cp932;
  for (unsigned lead = windows ? 0x81 : 0xA1; lead <= (windows ? 0xFCu : 0xFEu); ++lead) {
    if (windows && lead >= 0xA0 && lead <= 0xDF) continue;
    for (unsigned trail = windows ? 0x40 : 0xA1; trail <= (windows ? 0xFCu : 0xFEu); ++trail) {
      codes.push_back({static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail)});
    }
  }
  if (windows) return codes;
  const auto first_plane = codes.size();
  for (std::size_t i = 0; i < first_plane; ++i) codes.push_back({0x8F, codes[i][0], codes[i][1]});
  return codes;
}

TEST(Encodings, EveryCodeOfBothTablesReadsAsGlibcReadsIt) {
  for (auto encoding : {Encoding::Cp932, Encoding::EucJpMs}) {
    std::string table;
    std::size_t read = 0;
    std::set<std::string> distinct;
    for (const auto& code : all_codes(encoding)) {
      const auto text = decode(encoding, code);
      if (!text) continue;
      std::size_t at = 0;
      const auto point = next_code_point(*text, at);
      ASSERT_TRUE(point && at == text->size());
      table += upper_hex(code) + " " + upper_hex(be(static_cast<std::uint16_t>(*point))) + "\n";
      distinct.insert(*text);
      ++read;
    }
    const auto& expected = vectors().at("tables").at(to_text(encoding)).as_object();
    EXPECT_EQ(read, static_cast<std::size_t>(expected.at("codes").as_int64())) << to_text(encoding);
    EXPECT_EQ(to_hex(crypto::sha256(view_of(table))), word(expected.at("sha256"))) << to_text(encoding);
    // NEC and IBM duplicates: why the bytes of a doubtful value are kept, and re-encoding proves nothing.
    if (encoding == Encoding::Cp932) {
      EXPECT_EQ(read - distinct.size(), 398u);
    }
  }
}
TEST(Encodings, KnowsTheTrapsOfTheDomainNotes) {
  std::size_t visited = 0;
  for (const auto& trap : vectors().at("traps").as_array()) {
    const auto encoding = encoding_of(word(trap.at("encoding"))).value();
    EXPECT_EQ(decode(encoding, from_hex(word(trap.at("hex"))).value()), utf8_of(word(trap.at("codePoint"))))
        << word(trap.at("hex")) << ' ' << word(trap.at("why"));
    ++visited;
  }
  EXPECT_EQ(visited, 34u);
  // The figures of the notes themselves.
  const std::pair<const char*, const char*> told[] = {{"8160", "\uFF5E"}, {"817C", "\uFF0D"}, {"8161", "\u2225"},
                                                      {"8191", "\uFFE0"}, {"8192", "\uFFE1"}, {"81CA", "\uFFE2"},
                                                      {"5C", "\\"},       {"FBFC", "髙"},     {"F040", "\uE000"}};
  for (const auto& [code, text] : told) EXPECT_EQ(decode(Encoding::Cp932, from_hex(code).value()), text) << code;
  EXPECT_EQ(decode(Encoding::EucJpMs, from_hex("A1C1").value()), "\uFF5E");
}
TEST(Encodings, RefuseBytesThatAreNoCharacter) {
  std::size_t visited = 0;
  for (const auto& refused : vectors().at("refused").as_array()) {
    const auto encoding = encoding_of(word(refused.at("encoding"))).value();
    EXPECT_FALSE(decode(encoding, from_hex(word(refused.at("hex"))).value())) << word(refused.at("hex"));
    ++visited;
  }
  EXPECT_EQ(visited, 20u);
  for (const auto* c1 : {"80", "8D", "A0", "FF"}) EXPECT_FALSE(decode(Encoding::EucJpMs, from_hex(c1).value())) << c1;
}
TEST(Encodings, AreNamedExactlyAndNeverGuessed) {
  for (auto encoding : {Encoding::Utf8, Encoding::Cp932, Encoding::EucJpMs})
    EXPECT_EQ(encoding_of(to_text(encoding)), encoding);
  for (const auto* other : {"", "utf-8", "Shift_JIS", "EUC-JP", "CP932 ", "auto"})
    EXPECT_FALSE(encoding_of(other)) << other;
}
TEST(Encodings, AfterARefusalADecoderStaysRefused) {
  Decoder decoder(Encoding::Cp932);
  std::string out;
  EXPECT_FALSE(decoder.decode(view_of("ab\xFFz"), out));
  EXPECT_EQ(out, "ab");
  EXPECT_FALSE(decoder.decode(view_of("c"), out));
  EXPECT_EQ(out, "ab");
}

// Text of an encoding, made by reading random codes of its table back.
Bytes random_codes(Encoding encoding) {
  static const std::array<std::vector<Bytes>, 2> kCodes{all_codes(Encoding::Cp932), all_codes(Encoding::EucJpMs)};
  const auto& codes = kCodes[encoding == Encoding::Cp932 ? 0 : 1];
  Bytes out;
  const auto count = *rc::gen::inRange<std::size_t>(0, 60);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& code = codes[*rc::gen::inRange<std::size_t>(0, codes.size())];
    if (decode(encoding, code)) append(out, code);
    if (*rc::gen::inRange(0, 4) == 0) out.push_back(static_cast<std::uint8_t>(*rc::gen::inRange(0x20, 0x7F)));
  }
  return out;
}
RC_GTEST_PROP(EncodingProperty, ReadsTheSameInPiecesOfAnySize, ()) {
  const auto encoding = *rc::gen::element(Encoding::Cp932, Encoding::EucJpMs);
  const auto bytes = random_codes(encoding);
  const auto whole = decode(encoding, bytes);
  RC_ASSERT(whole.has_value());
  RC_ASSERT(is_valid_utf8(*whole));
  RC_ASSERT(decode(encoding, bytes, *rc::gen::inRange<std::size_t>(1, 9)) == whole);
}

// What the importer makes of a file: written with the codes of the sample's characters.
std::string encoded(std::string_view utf8, Encoding encoding) {
  static const auto kTables = [] {
    std::array<std::map<std::string, Bytes>, 2> tables;
    for (auto one : {Encoding::Cp932, Encoding::EucJpMs}) {
      auto& table = tables[one == Encoding::Cp932 ? 0 : 1];
      for (const auto& code : all_codes(one)) {
        if (auto text = decode(one, code)) table.emplace(*text, code);
      }
      for (unsigned byte = 0xA1; byte <= 0xDF; ++byte) {
        Bytes code{static_cast<std::uint8_t>(byte)};
        if (one == Encoding::EucJpMs) code.insert(code.begin(), 0x8E);
        table.emplace(decode(one, code).value(), code);
      }
    }
    return tables;
  }();
  std::string out;
  each_code_point(utf8, [&](char32_t c) {
    std::string one;
    append_utf8(one, c);
    const auto& table = kTables[encoding == Encoding::Cp932 ? 0 : 1];
    if (c < 0x80) {
      out += one;
    } else {
      EXPECT_TRUE(table.contains(one)) << one;
      if (table.contains(one)) out += text_of(table.at(one));
    }
    return true;
  });
  return out;
}
ImportRun import_as(std::string_view utf8, Encoding encoding, std::size_t chunk = 1 << 16) {
  return run_import(encoded(utf8, encoding), {.encoding = encoding}, chunk);
}

TEST(EncodedImport, GivesTheSameValuesInEveryEncodingAndPieceSize) {
  const auto csv = header_line() + row_line() +
                   row_line({{"residentRecordCode", "10000000030"},
                             {"individualNumber", "023456789013"},
                             {"kanjiName", "髙﨑　\"一\"～－∥￠"},
                             {"kanaName", "ﾀｶｻｷ"}});
  const auto expected = run_import(csv);
  ASSERT_EQ(expected.report.verdict, Verdict::Accepted);
  for (auto encoding : {Encoding::Cp932, Encoding::EucJpMs}) {
    for (std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 16}) {
      const auto run = import_as(csv, encoding, chunk);
      ASSERT_EQ(run.report.verdict, Verdict::Accepted) << to_text(encoding);
      ASSERT_EQ(run.records.size(), 2u);
      for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(run.records[i].values, expected.records[i].values);
      EXPECT_FALSE(run.report.had_bom);
    }
  }
}
TEST(EncodedImport, AWrongDeclarationRefusesTheFileAndNothingIsHandedOver) {
  const auto csv = header_line() + row_line();
  const auto refused_by = [](const std::string& bytes, Encoding declared) {
    const auto run = run_import(bytes, {.encoding = declared});
    EXPECT_EQ(run.report.verdict, Verdict::Refused);
    EXPECT_TRUE(run.records.empty());
    EXPECT_FALSE(run.report.problems.empty());
    return run.report.problems.empty() ? RuleId::NoRows : run.report.problems.back().rule;
  };
  EXPECT_EQ(refused_by(encoded(csv, Encoding::Cp932), Encoding::Utf8), RuleId::InvalidUtf8);
  EXPECT_EQ(refused_by(encoded(csv, Encoding::EucJpMs), Encoding::Utf8), RuleId::InvalidUtf8);
  EXPECT_EQ(refused_by(csv, Encoding::EucJpMs), RuleId::InvalidBytes);
  EXPECT_EQ(refused_by(encoded(csv, Encoding::Cp932), Encoding::EucJpMs), RuleId::InvalidBytes);
  // UTF-8 and EUC read as half-width kana and rare kanji in CP932: the header tells, or a byte that is none.
  for (const auto& bytes : {csv, encoded(csv, Encoding::EucJpMs)}) {
    const auto rule = refused_by(bytes, Encoding::Cp932);
    EXPECT_TRUE(rule == RuleId::InvalidBytes || rule == RuleId::HeaderAbsent);
  }
}
TEST(EncodedImport, InvalidBytesAreToldWithRowColumnAndItem) {
  for (auto encoding : {Encoding::Cp932, Encoding::EucJpMs}) {
    auto csv = encoded(header_line() + row_line() + row_line({{"address", "!bad!"}}), encoding);
    csv.replace(csv.find("!bad!"), 5, "\xFF");
    for (std::size_t chunk : {std::size_t{1}, std::size_t{1} << 16}) {
      const auto run = run_import(csv, {.encoding = encoding}, chunk);
      ASSERT_EQ(run.report.verdict, Verdict::Refused);
      const auto& finding = run.report.problems.back();
      EXPECT_EQ(finding.rule, RuleId::InvalidBytes);
      EXPECT_EQ(finding.row, 3u);
      EXPECT_EQ(finding.column, index_of_key("address") + 1);
      EXPECT_EQ(finding.item, "住所");
      EXPECT_NE(render(finding).ja.find("文字コード"), std::string::npos);
    }
  }
}
TEST(EncodedImport, AFileThatEndsInsideACharacterIsCutOff) {
  auto csv = encoded(header_line() + row_line(), Encoding::Cp932);
  const auto run = run_import(csv + "\x81", {.encoding = Encoding::Cp932});
  EXPECT_EQ(run.report.verdict, Verdict::Refused);
  EXPECT_EQ(run.report.problems.back().rule, RuleId::CutOff);
}
TEST(EncodedImport, QuarantinesVendorCharactersWithTheBytesOfTheFile) {
  // 外字 F040 and an IBM character that NEC encodes twice: the text alone would not say which bytes stood there.
  auto csv = encoded(header_line() + row_line({{"kanjiName", "!gaiji!"}, {"kanaName", "ﾀｶ"}}), Encoding::Cp932);
  csv.replace(csv.find("!gaiji!"), 7, "\xED\x40\xF0\x40\"\"");
  std::size_t visited = 0;
  auto importer = Importer::create(honnin(), tenant(), {.encoding = Encoding::Cp932}).value();
  const auto sink = [&](const ImportedRow& row) -> Result<void> {
    EXPECT_EQ(row.state, RowState::Quarantined);
    EXPECT_EQ(row.record.values[index_of_key("kanjiName")], "纊\uE000\"");
    EXPECT_EQ(row.doubtful.size(), 1u);
    EXPECT_EQ(row.doubtful[0].item, index_of_key("kanjiName"));
    EXPECT_EQ(to_hex(row.doubtful[0].source), "ed40f04022");
    ++visited;
    return success();
  };
  ASSERT_TRUE(importer.feed(view_of(csv), sink));
  EXPECT_EQ(importer.finish(sink).value().verdict, Verdict::Quarantined);
  EXPECT_EQ(visited, 1u);
}
TEST(EncodedImport, RefusesControlCharactersAndKeepsTheBomForUtf8) {
  const auto csv = encoded(header_line() + row_line(), Encoding::Cp932);
  auto with_nul = csv;
  with_nul.insert(with_nul.size() - 10, std::string(1, '\0'));
  EXPECT_EQ(run_import(with_nul, {.encoding = Encoding::Cp932}).report.problems.back().rule, RuleId::ControlCharacter);
  const auto bom = run_import("\xEF\xBB\xBF" + header_line() + row_line());
  EXPECT_TRUE(bom.report.had_bom);
  EXPECT_EQ(bom.report.verdict, Verdict::Accepted);
  const auto foreign = run_import("\xEF\xBB\xBF" + csv, {.encoding = Encoding::Cp932});
  EXPECT_EQ(foreign.report.verdict, Verdict::Refused);
}

}  // namespace
}  // namespace shosoin::files
