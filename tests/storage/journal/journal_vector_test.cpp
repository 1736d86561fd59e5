// The format against vectors made by another program (tests/vectors/journal.json).
#include <boost/json.hpp>

#include "tests/storage/journal/support.h"

namespace shosoin::journal {
namespace {

class JournalVectors : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in(SHOSOIN_SOURCE_DIR "/tests/vectors/journal.json");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    vectors_ = boost::json::parse(text).as_object();
    draft_ = {.tenant = TenantId::parse(word("tenant")).value(),
              .line = 1,
              .change_seq = 7,
              .month_key = MonthKeyId::parse(word("monthKey")).value(),
              .boxed_entry = *from_hex(word("boxedEntry"))};
  }
  std::string word(const char* name) const { return std::string(vectors_.at(name).as_string()); }
  Bytes bytes_at(const char* name, std::size_t index) const {
    return *from_hex(std::string(vectors_.at(name).at(index).as_string()));
  }
  Digest hash_at(std::size_t index) const {
    Digest hash{};
    const Bytes bytes = bytes_at("hashes", index);
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
  }
  boost::json::object vectors_;
  Draft draft_;
};

TEST_F(JournalVectors, DraftsAreEncodedAsTheFormatPageSays) {
  EXPECT_EQ(to_hex(encode_draft(draft_)), word("draft"));
  EXPECT_TRUE(same(decode_draft(*from_hex(word("draft"))).value(), draft_));
}
TEST_F(JournalVectors, FramesAreWrittenAsTheFormatPageSays) {
  Bytes carry, entry, second;
  const FrameHead first{.kind = FrameKind::Carry, .flush = 1, .segment = 1};
  const Digest carried = append_frame(carry, first, encode_carry({.segment_size = 4096, .places = {}}));
  EXPECT_EQ(to_hex(carry), to_hex(bytes_at("segment1", 0)));
  const auto at = static_cast<std::uint32_t>(carry.size());
  const Digest entered =
      append_frame(entry, {.flush = 1, .offset = at, .segment = 1, .previous = carried}, encode_draft(draft_));
  EXPECT_EQ(to_hex(entry), to_hex(bytes_at("segment1", 1)));
  const Place place{.position = {.line = 1, .change_seq = 7, .last_frame = entered}, .segment = 1, .offset = at};
  const FrameHead next{.kind = FrameKind::Carry, .flush = 2, .segment = 2, .previous = entered};
  const Digest last =
      append_frame(second, next, encode_carry({.segment_size = 4096, .places = {{draft_.tenant, place}}}));
  EXPECT_EQ(to_hex(second), to_hex(bytes_at("segment2", 0)));
  Bytes seal;
  const auto behind = at + static_cast<std::uint32_t>(entry.size());
  append_frame(
      seal,
      {.kind = FrameKind::Seal, .flush = 2, .flush_start = behind, .offset = behind, .segment = 1, .previous = entered},
      {});
  EXPECT_EQ(to_hex(seal), word("seal"));
  EXPECT_EQ(carried, hash_at(0));
  EXPECT_EQ(entered, hash_at(1));
  EXPECT_EQ(last, hash_at(2));
}
TEST_F(JournalVectors, SegmentsAreReadAsTheFormatPageSays) {
  Bytes first = bytes_at("segment1", 0);
  append(first, bytes_at("segment1", 1));
  first.resize(4096);
  Bytes second = bytes_at("segment2", 0);
  second.resize(4096);
  Chain chain;
  int seen = 0;
  ASSERT_TRUE(
      read_segment(first, 1, chain, [&](const Frame& frame) { return seen += same(frame.draft, draft_), true; }));
  ASSERT_TRUE(read_segment(second, 2, chain, {}));
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(chain.last, hash_at(2));
  EXPECT_EQ(chain.places.at(draft_.tenant).position.last_frame, hash_at(1));
}

}  // namespace
}  // namespace shosoin::journal
