// What is stored is what was received: the characters that the domain notes name, and random Unicode, through the
// importer and the stored form of a row, in every text item of every table. No normalisation form has touched them
// (issue 3, must show 4; measure D-19).
#include <rapidcheck.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "storage/files/name_key.h"
#include "storage/files/normalise.h"
#include "storage/files/stored_row.h"
#include "storage/files/synthetic.h"
#include "storage/files/utf8.h"
#include "tests/storage/files/support.h"

namespace shosoin::files {
namespace {

const DefinitionSet& shipped() {
  static const auto set = DefinitionSet::embedded().value();
  return set;
}
const boost::json::array& cases() {
  static const auto all = boost::json::parse(read_source_file("tests/vectors/domain-characters.json"));
  return all.as_array();
}

struct Place {
  const Definition& definition;
  std::size_t group;
  std::string header;
  std::vector<std::string> values;  // of one synthetic person; the column in front first, where there is one
  bool column;
};
std::vector<std::string> split(std::string_view line) {  // every value is quoted and holds no quote
  std::vector<std::string> out;
  line.remove_prefix(1);
  for (auto end = line.find('"'); end != line.npos; end = line.find('"')) {
    out.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 3, line.size()));
  }
  return out;
}
const std::vector<Place>& places() {
  static const auto all = [] {
    std::vector<Place> out;
    for (const auto& definition : shipped().all()) {
      for (std::size_t g = 0; g < definition.groups().size(); ++g) {
        std::string text;
        const auto own = tenant();
        const SyntheticTable table{.definition = definition,
                                   .group = definition.groups()[g].key,
                                   .tenant = own,
                                   .count = 3,
                                   .seed = 1,
                                   .form = {.byte_order_mark = false}};
        EXPECT_TRUE(write_synthetic_table(table, [&](std::string_view piece) -> Result<void> {
          text += piece;
          return success();
        }));
        const auto first = text.find("\r\n") + 2;
        auto values = split(std::string_view(text).substr(first, text.find("\r\n", first) - first));
        const bool column = values.size() == definition.items_of(g).size() + 1;
        out.push_back({definition, g, text.substr(0, first), std::move(values), column});
      }
    }
    return out;
  }();
  return all;
}

// The text in every text item of the table that is long enough, imported, stored and read back. How many items held it.
std::size_t goes_through(const Place& place, const std::string& text) {
  const auto items = place.definition.items_of(place.group);
  auto values = place.values;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].type != ItemType::Text || items[i].max_length < 100) continue;
    values[i + (place.column ? 1 : 0)] = text;
    where.push_back(i);
  }
  std::string line;
  for (const auto& value : values) line += (line.empty() ? "" : ",") + in_quotes(value);
  auto importer = Importer::create_for_group(place.definition, place.definition.groups()[place.group].key, tenant(),
                                             {.characters = {.standard_characters = true}})
                      .value();
  std::size_t held = 0;
  const RecordSink sink = [&](const ImportedRow& row) -> Result<void> {
    TRY(auto bytes, encode_row(place.definition, place.group, "990000000000001", row.record.values));
    TRY(auto stored, view_row(bytes));
    for (const auto index : where) held += stored.values[index] == text ? 1 : 0;
    return success();
  };
  const auto fed = importer.feed(view_of(place.header + line + "\r\n"), sink);
  const auto report = importer.finish(sink);
  if (!fed || !report || report.value().verdict == Verdict::Refused) return 0;
  EXPECT_EQ(held, where.size()) << place.definition.key() << ' ' << place.definition.groups()[place.group].key;
  return held;
}

TEST(StoredText, EveryCaseOfTheDomainNotesIsStoredAsReceivedInEveryTable) {
  std::size_t held = 0, rewritten = 0;
  for (const auto& one : cases()) {
    const auto text = word(one.at("text"));
    SCOPED_TRACE(word(one.at("what")));
    for (const auto& place : places()) held += goes_through(place, text);
    rewritten += text != word(one.at("nfc")) || text != word(one.at("nfkc")) ? 1 : 0;
  }
  EXPECT_GT(held, 22u * 20u);
  EXPECT_GE(rewritten, 12u);  // which a normalisation form would have changed
}

TEST(StoredText, IcuAndTheVectorsAgreeOnWhatAFormWouldHaveDone) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(status);
  const auto* nfkc = icu::Normalizer2::getNFKCInstance(status);
  ASSERT_TRUE(U_SUCCESS(status));
  const auto form = [&](const icu::Normalizer2& how, const std::string& text) {
    std::string out;
    how.normalize(icu::UnicodeString::fromUTF8(text), status).toUTF8String(out);
    return out;
  };
  for (const auto& one : cases()) {
    EXPECT_EQ(form(*nfc, word(one.at("text"))), word(one.at("nfc"))) << word(one.at("what"));
    EXPECT_EQ(form(*nfkc, word(one.at("text"))), word(one.at("nfkc"))) << word(one.at("what"));
  }
}

// Any assigned or unassigned scalar value that a CSV can hold: whatever is taken at all is taken as it is.
rc::Gen<std::string> any_unicode() {
  const auto code_point = rc::gen::suchThat(
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0x20, 0x3000), rc::gen::inRange<std::uint32_t>(0x3000, 0xA000),
                     rc::gen::inRange<std::uint32_t>(0xF900, 0xFFFE), rc::gen::inRange<std::uint32_t>(0x20, 0x10FFFE),
                     rc::gen::inRange<std::uint32_t>(0x20000, 0x32000), rc::gen::inRange<std::uint32_t>(0x300, 0x370)),
      [](std::uint32_t c) { return (c < 0xD800 || c > 0xDFFF) && c != 0x7F; });
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code_point),
                      [](const std::vector<std::uint32_t>& all) {
                        std::string out;
                        for (auto c : all) append_utf8(out, c);
                        return out;
                      });
}
TEST(StoredText, RandomUnicodeIsStoredAsReceivedOrNotAtAll) {
  std::size_t held = 0;
  EXPECT_TRUE(rc::check("stored as received", [&] {
    const auto text = *any_unicode();
    RC_PRE(!text.empty());
    const auto& place = *rc::gen::elementOf(std::vector<const Place*>{&places()[0], &places()[2], &places()[9]});
    held += goes_through(*place, text);
  }));
  EXPECT_GT(held, 50u);
}

TEST(StoredText, TheKanaKeyFindsHalfWidthKanaAndFoldsNoKanji) {
  EXPECT_EQ(kana_search_key("ｱｵｷ"), kana_search_key("アオキ"));
  EXPECT_EQ(kana_search_key("ｶﾞｯｺｳ"), kana_search_key("か\u3099っこう"));
  EXPECT_NE(kana_search_key("キヨウコ"), kana_search_key("キョウコ"));
  EXPECT_NE(name_search_key("髙橋", {}), name_search_key("高橋", {}));
  EXPECT_EQ(name_search_key("髙橋", {.fold_variants = true}), name_search_key("高橋", {.fold_variants = true}));
}

}  // namespace
}  // namespace shosoin::files
