// Torn tails, corruption, flipped bits: what a start may drop, what it must name.
#include <random>

#include "firmware/base/zeros.h"
#include "tests/storage/journal/support.h"

namespace shosoin::journal {
namespace {

// Two flushes of two frames, then a last one of four frames of different sizes.
struct Example {
  ImageBuilder builder;
  std::vector<std::size_t> frames;  // where they stand
  std::size_t last_flush = 0;
  Example() {
    std::uint64_t line = 0;
    for (int flush = 0; flush < 2; ++flush) {
      builder.next_flush();
      for (int i = 0; i < 2; ++i) frames.push_back(builder.add(draft_of(1, ++line, 150)));
    }
    builder.next_flush();
    last_flush = builder.size();
    for (std::size_t size : {20u, 150u, 90u, 300u}) frames.push_back(builder.add(draft_of(1, ++line, size)));
  }
  // How many frames stand whole before this byte's frame.
  std::size_t before(std::size_t byte) const {
    std::size_t count = 0;
    while (count < frames.size() && (count + 1 < frames.size() ? frames[count + 1] : builder.size()) <= byte) ++count;
    return count;
  }
};
std::size_t count_in(const Bytes& image) {
  std::size_t count = 0;
  Chain chain;
  EXPECT_TRUE(read_segment(image, 1, chain, [&](const Frame&) { return ++count, true; }));
  return count;
}

TEST(JournalTail, CutAtEveryByteOfTheLastFlushKeepsWhatStandsBefore) {
  const Example example;
  for (std::size_t at = example.last_flush; at < example.builder.size(); ++at) {
    Bytes image = example.builder.image();
    const std::size_t broken = example.before(at);
    const std::size_t end = broken == 7 ? example.builder.size() : example.frames[broken + 1];
    const bool only_padding = all_zero(ByteView(image).subspan(at, end - at));
    std::fill(image.begin() + static_cast<std::ptrdiff_t>(at), image.end(), std::uint8_t{0});
    EXPECT_EQ(count_in(image), broken + only_padding) << at;
  }
}
TEST(JournalTail, GarbledAtEveryByteOfTheLastFlushKeepsWhatStandsBefore) {
  const Example example;
  const Bytes whole = example.builder.image();
  std::size_t dropped = 0;
  for (std::size_t at = example.last_flush; at < example.builder.size(); ++at) {
    Bytes image = whole;
    image[at] ^= 0x41;
    const std::size_t count = count_in(image);
    if (count == 8) {  // padding: nobody's byte
      EXPECT_EQ(whole[at], 0);
    } else {
      EXPECT_EQ(count, example.before(at)) << at;
      ++dropped;
    }
  }
  EXPECT_GT(dropped, 700u);
}
TEST(JournalTail, WhateverPartOfTheLastFlushIsMissingTheFramesBeforeTheFirstGapStay) {
  const Example example;
  for (unsigned missing = 0; missing < 16; ++missing) {
    Bytes image = example.builder.image();
    std::size_t expected = 8;
    for (std::size_t i = 4; i < 8; ++i) {
      if ((missing >> (i - 4) & 1u) == 0) continue;
      expected = std::min(expected, i);
      const std::size_t end = i == 7 ? example.builder.size() : example.frames[i + 1];
      std::fill(image.begin() + static_cast<std::ptrdiff_t>(example.frames[i]),
                image.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0});
    }
    EXPECT_EQ(count_in(image), expected) << missing;
  }
}
TEST(JournalTail, ABrokenByteInAnEarlierFlushIsCorruptionAtEveryPlace) {
  const Example example;
  const Bytes whole = example.builder.image();
  for (std::size_t at = 0; at < example.last_flush; ++at) {
    Bytes image = whole;
    image[at] ^= 0x41;
    Chain chain;
    auto read = read_segment(image, 1, chain, {});
    if (read) {
      EXPECT_EQ(whole[at], 0) << at;  // padding
      EXPECT_EQ(chain.places.at(tenant_of(1)).position.line, 8u) << at;
    } else {
      EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
    }
  }
}
TEST(JournalTail, AMissingSectorInAnEarlierFlushIsCorruptionAndNotTheEnd) {
  const Example example;
  Bytes image = example.builder.image();
  std::fill(image.begin() + static_cast<std::ptrdiff_t>(example.frames[1]),
            image.begin() + static_cast<std::ptrdiff_t>(example.frames[3]), std::uint8_t{0});
  Chain chain;
  auto read = read_segment(image, 1, chain, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  EXPECT_EQ(read.error().doing(), "read the journal: a broken frame with a later flush behind it");
}
TEST(JournalTail, WholeFramesThatDoNotContinueTheChainAreCorruption) {
  const auto refused = [](const ImageBuilder& builder) {
    Chain chain;
    auto read = read_segment(builder.image(), 1, chain, {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::Integrity);
  };
  ImageBuilder gap_in_lines;
  gap_in_lines.add(draft_of(1, 2));
  refused(gap_in_lines);
  ImageBuilder gap_in_flushes;
  gap_in_flushes.add(draft_of(1, 1));
  gap_in_flushes.next_flush();
  gap_in_flushes.next_flush();
  gap_in_flushes.add(draft_of(1, 2));
  refused(gap_in_flushes);
  ImageBuilder one, other;
  one.add(draft_of(1, 1));
  other.add(draft_of(2, 1));
  one.next_flush();
  other.next_flush();
  const auto at = static_cast<std::ptrdiff_t>(one.add(draft_of(1, 2)));
  ASSERT_EQ(at, static_cast<std::ptrdiff_t>(other.add(draft_of(1, 1))));
  Bytes spliced = one.image();
  const Bytes from = other.image();
  std::copy(from.begin() + at, from.end(), spliced.begin() + at);
  Chain chain;
  auto read = read_segment(spliced, 1, chain, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().doing(), "read the journal: a frame does not follow the one before it");
}

TEST_F(JournalTest, ATornTailIsZeroedOnDiskAndTheJournalGoesOn) {
  const Example example;
  for (std::size_t at = example.last_flush; at < example.builder.size(); at += 37) {
    std::filesystem::create_directories(place());
    Bytes image = example.builder.image();
    image[at] ^= 0x41;
    write_file(place() / "00000001.jnl", image);
    ASSERT_NO_FATAL_FAILURE(open(false));
    const auto line = journal_->position(tenant_of(1)).line;
    EXPECT_GE(line, example.before(at));
    ASSERT_TRUE(journal_->append(draft_of(1, line + 1, 33)));
    ASSERT_NO_FATAL_FAILURE(open(false));
    auto walked = all_of(*journal_);
    ASSERT_TRUE(walked) << at << " " << walked.error().doing();
    EXPECT_EQ(walked.value().size(), line + 1);
    journal_.reset();
    std::filesystem::remove_all(place());
  }
}
TEST_F(JournalTest, ATornFirstFlushOfASegmentFallsBackToTheOneBefore) {
  ImageBuilder builder;
  builder.add(draft_of(1, 1));
  const Bytes first = builder.image();
  builder.next_segment();
  builder.add(draft_of(1, 2));
  Bytes second = builder.image();
  second[3] ^= 1;  // the carry; the entry behind it stands whole and must not come back
  std::filesystem::create_directories(place());
  write_file(place() / "00000001.jnl", first);
  write_file(place() / "00000002.jnl", second);
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_EQ(journal_->position(tenant_of(1)).line, 1u);
  EXPECT_TRUE(all_zero(read_file(place() / "00000002.jnl")));
  ASSERT_TRUE(journal_->append(draft_of(1, 2, 50)));
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_EQ(all_of(*journal_).value().size(), 2u);
}
TEST_F(JournalTest, ABrokenFrameWithALaterSegmentBehindItIsCorruption) {
  ImageBuilder builder;
  builder.add(draft_of(1, 1));
  builder.next_flush();
  const auto last = builder.add(draft_of(1, 2));
  Bytes first = builder.image();
  first[last + 80] ^= 1;
  builder.next_segment();
  builder.add(draft_of(1, 3));
  Bytes second = builder.image();
  const Bytes whole_second = second;
  second[3] ^= 1;  // even when the later segment's own first flush is torn
  std::filesystem::create_directories(place());
  write_file(place() / "00000001.jnl", first);
  write_file(place() / "00000002.jnl", second);
  auto opened = open_and_walk(place());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Integrity);
  write_file(place() / "00000002.jnl", whole_second);  // opens by its newest segment alone; the walk finds it
  opened = open_and_walk(place());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Integrity);
}
TEST_F(JournalTest, AMissingShortenedOrEmptiedSegmentIsNamed) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 50; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line, 1000)));
  journal_.reset();
  const auto refused = [&](auto&& damage) {
    const auto copy = directory_.path() / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(place(), copy);
    damage(copy);
    auto opened = open_and_walk(copy);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::Integrity);
  };
  refused([](auto copy) { std::filesystem::remove(copy / "00000002.jnl"); });
  refused([](auto copy) { std::filesystem::resize_file(copy / "00000002.jnl", kSmall / 2); });
  refused([](auto copy) { write_file(copy / "00000002.jnl", Bytes(kSmall)); });
  refused([](auto copy) {  // the two newest hold nothing: only one can have been made ahead
    write_file(copy / "00000003.jnl", Bytes(kSmall));
    write_file(copy / "00000004.jnl", Bytes(kSmall));
    for (auto number : {"00000005.jnl", "00000006.jnl"}) std::filesystem::remove(copy / number);
  });
  EXPECT_TRUE(open_and_walk(place()));
}
TEST_F(JournalTest, ASealedLastFlushThatIsDamagedIsCorruptionAtEveryByteAndAnUnsealedOneIsTorn) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 3; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line, 200)));
  const auto unsealed = read_file(place() / "00000001.jnl");
  ASSERT_TRUE(journal_->seal());
  ASSERT_TRUE(journal_->seal());  // one is enough
  const auto sealed = read_file(place() / "00000001.jnl");
  journal_.reset();
  EXPECT_EQ(read_file(place() / "00000001.jnl"), sealed);  // closing does not add another
  const auto behind = frame_size(kCarryHead) + 3 * frame_size(kDraftHead + 200);
  const auto at = behind - frame_size(kDraftHead + 200);
  const auto read = [&](Bytes image, std::size_t byte) {
    image[byte] ^= 0x20;
    Chain chain;
    return read_segment(image, 1, chain, {});
  };
  for (std::size_t byte = at; byte < at + kFrameHead + kDraftHead + 200 + kFrameHash; ++byte) {
    ASSERT_FALSE(read(sealed, byte)) << byte;
    const auto torn = read(unsealed, byte);
    ASSERT_TRUE(torn) << byte;
    EXPECT_EQ(torn.value().end, at);
  }
  for (std::size_t byte = behind; byte < behind + kFrameHead + kFrameHash; ++byte) {
    const auto without_seal = read(sealed, byte);  // the seal itself: nothing that was told stands in it
    ASSERT_TRUE(without_seal);
    EXPECT_EQ(without_seal.value().end, behind);
  }
}
TEST_F(JournalTest, GoesOnBehindASealAndSaysHowMuchOfATornTailItDropped) {
  ASSERT_NO_FATAL_FAILURE(open());
  std::uint64_t line = 0;
  for (int round = 0; round < 40; ++round) {  // over several segments
    ASSERT_TRUE(journal_->append(draft_of(1, ++line, 1500)));
    ASSERT_TRUE(journal_->seal());
    if (round % 7 == 0) {
      ASSERT_NO_FATAL_FAILURE(open());
    }
    EXPECT_EQ(journal_->dropped(), 0u);
  }
  EXPECT_EQ(all_of(*journal_).value().size(), line);
  const auto whole = read_file(place() / "00000001.jnl");
  journal_.reset();
  std::filesystem::remove_all(place());
  std::filesystem::create_directory(place());
  auto torn = whole;
  std::fill(torn.begin() + 192, torn.end(), std::uint8_t{0});
  torn[192 + 64] = 1;
  write_file(place() / "00000001.jnl", torn);
  ASSERT_NO_FATAL_FAILURE(open(false));
  EXPECT_GT(journal_->dropped(), 0u);
}
TEST_F(JournalTest, AWalkMissesTheFirstSegment) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 50; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line, 1000)));
  journal_.reset();
  std::filesystem::remove(place() / "00000001.jnl");
  EXPECT_EQ(open_and_walk(place()).error().code(), ErrorCode::Integrity);
}
TEST_F(JournalTest, AWalkOfTheNewestSegmentsSeesTheirLinesOnlyAndNeedsNoOlderOnes) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 50; ++line) ASSERT_TRUE(journal_->append(draft_of(1, line, 1000)));
  const auto lines = [&](std::uint32_t segments) {
    std::vector<std::uint64_t> seen;
    EXPECT_TRUE(
        journal_->walk_newest(segments, [&](const Frame& frame) { return seen.push_back(frame.draft.line), true; }));
    return seen;
  };
  const auto all = lines(1000), two = lines(2), one = lines(1);
  EXPECT_EQ(all.size(), 50u);
  ASSERT_TRUE(!one.empty() && one.size() < two.size() && two.size() < all.size());
  EXPECT_TRUE(std::equal(one.rbegin(), one.rend(), two.rbegin()));
  EXPECT_TRUE(std::equal(two.rbegin(), two.rend(), all.rbegin()));
  EXPECT_EQ(lines(0), one);
  std::filesystem::remove(place() / "00000001.jnl");
  EXPECT_EQ(lines(2), two);
  EXPECT_EQ(journal_->walk_newest(1000, [](const Frame&) { return true; }).error().code(), ErrorCode::Integrity);
}
TEST_F(JournalTest, FiveHundredFlippedBitsAreNeverSilentlyWrong) {
  ASSERT_NO_FATAL_FAILURE(open());
  for (std::uint64_t line = 1; line <= 30; ++line) {
    ASSERT_TRUE(journal_->append(draft_of(1, line, 200 + line * 20, line)));
    ASSERT_TRUE(journal_->append(draft_of(2, line, 90)));
  }
  journal_.reset();
  const auto expected = open_and_walk(place()).value();
  ASSERT_EQ(expected.size(), 60u);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(place())) files.push_back(entry.path().filename());
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 3u);
  std::mt19937_64 random(20261122);
  int named = 0, harmless = 0;
  for (int i = 0; i < 500; ++i) {
    const auto copy = directory_.path() / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(place(), copy);
    const auto file = copy / files[random() % files.size()];
    Bytes bytes = read_file(file);
    bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    write_file(file, bytes);
    auto found = open_and_walk(copy);
    if (!found) {
      ASSERT_EQ(found.error().code(), ErrorCode::Integrity);
      ++named;
      continue;
    }
    // Nobody's byte was hit, or only the seal: the journal was closed properly, so no line stands in a flush that could
    // be torn.
    ASSERT_EQ(found.value().size(), expected.size());
    for (std::size_t at = 0; at < found.value().size(); ++at) ASSERT_TRUE(same(found.value()[at], expected[at]));
    ++harmless;
  }
  std::printf("500 flips: %d named, %d in padding, empty space or a seal\n", named, harmless);
  EXPECT_GT(named, 100);
}

}  // namespace
}  // namespace shosoin::journal
