// Entries and record entries as bytes: by hand, against the vectors, and as properties.
#include "storage/generations/entry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/hash.h"
#include "storage/generations/number_history.h"
#include "storage/generations/records_entry.h"
#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

Bytes encode_all(const std::vector<Entry>& entries) {
  Bytes out;
  for (const auto& entry : entries) append(out, encode_entry(entry));
  return out;
}
bool same(const Entry& left, const Entry& right) { return left.key == right.key && left.value == right.value; }

RecordEntry sample() {
  const auto vectors = read_vectors("generations.json");
  return decode_record_entry(hex_at(vectors, "recordEntry")).value();
}

TEST(Entry, IsEncodedAsTheFormatPageSays) {
  EXPECT_EQ(to_hex(encode_entry({{TableId::Facts, {0x61, 0x62}}, Bytes{0xff}})),
            "000a"
            "0002"
            "6162"
            "01"
            "00000001"
            "ff");
  EXPECT_EQ(to_hex(encode_entry({{TableId::Records, {}}, Bytes{}})),
            "0001"
            "0000"
            "01"
            "00000000");
  EXPECT_EQ(to_hex(encode_entry({{TableId::Certificates, {0x01}}, std::nullopt})),
            "0025"
            "0001"
            "01"
            "00"
            "00000000");
}

TEST(Entry, VectorsOfTheOtherProgramReadAndWriteTheSame) {
  const auto vectors = read_vectors("generations.json");
  int visited = 0;
  for (const auto& item : vectors.at("entries").as_array()) {
    const auto& made = item.as_object();
    Entry entry{{static_cast<TableId>(made.at("table").as_int64()), hex_at(made, "key")}, std::nullopt};
    if (!made.at("value").is_null()) entry.value = hex_at(made, "value");
    EXPECT_EQ(encode_entry(entry), hex_at(made, "bytes"));
    const auto read = decode_entries(hex_at(made, "bytes")).value();
    ASSERT_EQ(read.size(), 1u);
    EXPECT_TRUE(same(read[0], entry));
    ++visited;
  }
  EXPECT_EQ(visited, 3);
}

TEST(Entry, CutShortOfItsOwnLengthIsRefused) {
  const auto whole = encode_entry(put_of(TableId::Facts, "name", "some value"));
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const auto read = decode_entries(ByteView(whole).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  }
}

TEST(Entry, WithAKeyOrValueOverTheLimitIsRefused) {
  Bytes long_key =
      Writer{}.u16(10).u16(limits::kMaxEntryKey + 1).raw(Bytes(limits::kMaxEntryKey + 1)).u8(1).u32(0).take();
  EXPECT_FALSE(decode_entries(long_key));
  EXPECT_FALSE(decode_entries(Writer{}.u16(10).u16(0).u8(1).u32(limits::kMaxEntryValue + 1).raw(Bytes(64)).take()));
}

TEST(Entry, PaddingEndsTheListWhereverItBegins) {
  const auto entry = put_of(TableId::Due, "2031-03-31", "x");
  for (const std::size_t zeros : {0u, 1u, 2u, 3u, 1000u}) {
    auto bytes = encode_entry(entry);
    bytes.resize(bytes.size() + zeros);
    const auto read = decode_entries(bytes);
    ASSERT_TRUE(read) << zeros;
    ASSERT_EQ(read.value().size(), 1u);
    EXPECT_TRUE(same(read.value()[0], entry));
  }
}

TEST(Entry, BelongsToARecordOnlyInTheTablesOfRecords) {
  const auto record = RecordId::random();
  for (const auto table : {TableId::Records, TableId::SearchKeys, TableId::Due, TableId::SubjectLinks}) {
    Bytes key = text_bytes("before");
    append(key, record.view());
    EXPECT_EQ(record_of({table, key}), record);
    EXPECT_EQ(record_of({table, text_bytes("short")}), std::nullopt);
  }
  for (const auto table :
       {TableId::Imports, TableId::Approvals, TableId::Holds, TableId::Idempotency, TableId::LogKeys, TableId::Facts,
        TableId::Erased, TableId::Addressees, TableId::NumberHistory, TableId::People, TableId::Terminals,
        TableId::Sessions, TableId::Tenants, TableId::SigningKeys, TableId::Certificates, TableId::Definitions}) {
    EXPECT_EQ(record_of({table, copy_of(record.view())}), std::nullopt);
  }
  Bytes changed(RecordId::kSize,
                7);  // of an import: what was converted in a row, and below what waits, belongs to its record
  changed.push_back(2);
  append(changed, be(std::uint64_t{2}));
  append(changed, record.view());
  EXPECT_EQ(record_of({TableId::Quarantine, changed}), record);
  Bytes waiting(RecordId::kSize, 7);
  waiting.push_back(1);
  append(waiting, record.view());
  EXPECT_EQ(record_of({TableId::Quarantine, waiting}), record);
  waiting.resize(RecordId::kSize + 5);
  EXPECT_EQ(record_of({TableId::Quarantine, waiting}), std::nullopt);
}

TEST(MergedSource, LetsTheLaterSourceWinAndTakesAway) {
  std::vector<std::unique_ptr<EntrySource>> sources;
  const auto entry = [](std::string_view key, std::optional<Bytes> value) {
    return Entry{{TableId::Facts, text_bytes(key)}, value};
  };
  sources.push_back(
      std::make_unique<VectorSource>(std::vector{entry("a", Bytes{1}), entry("b", Bytes{1}), entry("d", Bytes{1})}));
  sources.push_back(std::make_unique<VectorSource>(
      std::vector{entry("a", Bytes{2}), entry("b", std::nullopt), entry("c", Bytes{2})}));
  sources.push_back(std::make_unique<VectorSource>(std::vector{entry("a", Bytes{3}), entry("e", std::nullopt)}));
  auto merged = MergedSource::create(std::move(sources)).value();
  std::string seen;
  for (auto next = merged->next().value(); next; next = merged->next().value()) {
    seen += std::string(text_of(next->key.bytes)) + std::to_string((*next->value)[0]) + " ";
  }
  EXPECT_EQ(seen, "a3 c2 d1 ");
}

TEST(MergedSource, WithoutSourcesIsEmpty) {
  auto merged = MergedSource::create({}).value();
  EXPECT_FALSE(merged->next().value());
}

TEST(RecordEntryCodec, VectorOfTheOtherProgramReadsAndWritesTheSame) {
  const auto vectors = read_vectors("generations.json");
  const auto bytes = hex_at(vectors, "recordEntry");
  const auto entry = decode_record_entry(bytes).value();
  EXPECT_EQ(entry.file, "honnin-kakunin-joho");
  EXPECT_EQ(entry.addressee, "000000000000012");
  EXPECT_EQ(entry.integrated, "");
  EXPECT_EQ(entry.version, 3u);
  EXPECT_EQ(entry.rows().size(), 2u);
  EXPECT_EQ(encode_record_entry(entry), bytes);
}

TEST(RecordEntryCodec, CutShortOrPrependedOrOfAnotherFormatIsRefused) {
  const auto bytes = encode_record_entry(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_record_entry(ByteView(bytes).first(size))) << size;
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_record_entry(longer));
  auto other = bytes;
  other[1] = 3;
  EXPECT_EQ(decode_record_entry(other).error().code(), ErrorCode::Integrity);
}

TEST(RecordEntryCodec, ARowOfALaterTableThatWaitsForIdentificationIsFormatTwo) {
  const auto bytes = hex_at(read_vectors("generations.json"), "recordEntryOfATable");
  const auto entry = decode_record_entry(bytes).value();
  EXPECT_EQ(entry.file, "jido-teate");
  EXPECT_EQ(entry.group, 5u);
  EXPECT_EQ(entry.row, 70001u);
  EXPECT_EQ(entry.identification, Identification::Waiting);
  EXPECT_EQ(entry.rows(), (std::vector<RowId>{entry.record.id, entry.source.id}));
  EXPECT_EQ(encode_record_entry(entry), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_record_entry(ByteView(bytes).first(size))) << size;
  auto unknown = bytes;
  unknown[bytes.size() - 49] = 4;
  EXPECT_EQ(decode_record_entry(unknown).error().code(), ErrorCode::Integrity);
}

TEST(RecordEntryCodec, WhatFormatOneCanHoldIsRefusedInFormatTwo) {
  auto bytes = encode_record_entry(sample());
  ASSERT_EQ(bytes[1], 1);
  bytes[1] = 2;
  append(bytes, Bytes(7));  // group 0, row 0, nothing to identify
  EXPECT_EQ(decode_record_entry(bytes).error().code(), ErrorCode::Integrity);
  bytes[bytes.size() - 5] = 1;
  EXPECT_EQ(decode_record_entry(bytes).value().row, 0x1000000u);
}

TEST(RecordEntryCodec, HasOneRowWhereThereIsNoNumber) {
  auto entry = sample();
  entry.number = {};
  EXPECT_EQ(decode_record_entry(encode_record_entry(entry)).value().rows(), std::vector<RowId>{entry.record.id});
}

TEST(NumberChangeCodec, VectorOfTheOtherProgramReadsAndWritesTheSame) {
  const auto vectors = read_vectors("generations.json");
  const auto bytes = hex_at(vectors, "numberChange");
  const auto change = decode_number_change(bytes).value();
  EXPECT_EQ(change.state, NumberChangeState::Done);
  EXPECT_EQ(change.changed_on, "2026-11-01");
  EXPECT_EQ(change.done_at, 1795323785123u);
  EXPECT_NE(change.former.id, change.present.id);
  EXPECT_NE(change.former_token, change.present_token);
  EXPECT_EQ(encode_number_change(change), bytes);
  const EntryKey key{TableId::NumberHistory, hex_at(vectors, "numberChangeKey")};
  EXPECT_EQ(integrated_in(key), "000000000000042");
  EXPECT_EQ(number_change_key("000000000000042", RecordId::from(ByteView(key.bytes).last(16)).value()), key);
  EXPECT_EQ(integrated_in({TableId::NumberHistory, text_bytes("of another shape, without a zero")}), "");
}

TEST(NumberChangeCodec, CutShortOrPrependedOrOfAnotherFormatOrStateIsRefused) {
  const auto bytes = hex_at(read_vectors("generations.json"), "numberChange");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_number_change(ByteView(bytes).first(size))) << size;
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_number_change(longer));
  for (const std::size_t at : {1u, 2u}) {
    auto other = bytes;
    other[at] = 3;
    EXPECT_EQ(decode_number_change(other).error().code(), ErrorCode::Integrity);
  }
}

rc::Gen<Entry> any_entry() {
  const auto bytes = rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>());
  return rc::gen::map(rc::gen::tuple(rc::gen::inRange<int>(1, 38), bytes, rc::gen::maybe(bytes)), [](auto made) {
    auto& [table, key, value] = made;
    if (key.size() > limits::kMaxEntryKey) key.resize(limits::kMaxEntryKey);
    Entry entry{{static_cast<TableId>(table), std::move(key)}, std::nullopt};
    if (value) entry.value = std::move(*value);
    return entry;
  });
}

RC_GTEST_PROP(EntryProperty, AnyListReadsBackAsWritten, ()) {
  std::vector<Entry> entries;
  for (int left = *rc::gen::inRange(0, 30); left > 0; --left) entries.push_back(*any_entry());
  auto bytes = encode_all(entries);
  std::size_t expected = 0;
  for (const auto& entry : entries) expected += encoded_size(entry);
  RC_ASSERT(bytes.size() == expected);
  bytes.resize(bytes.size() + *rc::gen::inRange<std::size_t>(0, 50));
  const auto read = decode_entries(bytes).value();
  RC_ASSERT(std::ranges::equal(read, entries, same));
}

}  // namespace
}  // namespace shosoin::generations
