// The framing of bodies: what RFC 9112 section 7.1 spells, in pieces of every size, and nothing else.
#include "admin-api/gate/http_body.h"

#include <gtest/gtest.h>

#include <random>

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"

namespace shosoin::gate {
namespace {

using State = BodyFrame::State;

Head chunked() {
  Head head;
  head.chunked = true;
  return head;
}
Head sized(std::uint64_t length) {
  Head head;
  head.content_length = length;
  return head;
}

struct Read {
  State state;
  std::string content;
  std::size_t taken = 0;
  bool operator==(const Read&) const = default;
};
// Feeds pieces of in_size bytes and takes the content in pieces of out_size.
Read read(const Head& head, std::string_view text, std::size_t in_size, std::size_t out_size) {
  BodyFrame frame(head);
  Read out{};
  std::vector<std::uint8_t> buffer(out_size);
  for (std::size_t have = std::min(in_size, text.size()); frame.state() == State::Running;) {
    const auto step = frame.take(text.substr(out.taken, have - out.taken), buffer);
    out.taken += step.taken;
    out.content += text_of(ByteView(buffer).first(step.given));
    if (out.taken < have) continue;
    if (have == text.size()) break;
    have = std::min(have + in_size, text.size());
  }
  out.state = frame.state();
  return out;
}
State state_of(std::string_view chunks) { return read(chunked(), chunks, chunks.size(), 64).state; }

TEST(BodyFrame, WithoutLengthOrChunksThereIsNone) {
  EXPECT_EQ(BodyFrame().state(), State::Done);
  EXPECT_EQ(read(Head{}, "GET /", 5, 64), (Read{State::Done, "", 0}));
  EXPECT_EQ(read(sized(0), "GET /", 5, 64), (Read{State::Done, "", 0}));
}
TEST(BodyFrame, ALengthEndsTheBodyAndLeavesWhatIsBehindIt) {
  EXPECT_EQ(read(sized(4), "bodyGET /", 9, 64), (Read{State::Done, "body", 4}));
  EXPECT_EQ(read(sized(4), "bod", 3, 64), (Read{State::Running, "bod", 3}));
}
TEST(BodyFrame, ReadsTheSameInPiecesOfEverySize) {
  const std::string text =
      "3\r\nabc\r\n00a\r\n0123456789\r\n1F\r\n" + std::string(31, 'x') + "\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
  const Read whole{State::Done, "abc0123456789" + std::string(31, 'x'), text.size() - 16};
  for (std::size_t in = 1; in <= text.size(); ++in) {
    for (std::size_t out : {1u, 2u, 3u, 7u, 64u}) EXPECT_EQ(read(chunked(), text, in, out), whole) << in << ' ' << out;
  }
}
TEST(BodyFrame, EveryBeginningOfABodyIsARunningOne) {
  const std::string text = "3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(state_of(text.substr(0, size)), State::Running) << size;
  EXPECT_EQ(state_of(text), State::Done);
}
TEST(BodyFrame, TakesNoOtherSpellingOfAChunk) {
  for (const std::string text : {"\r\n",
                                 "g\r\n",
                                 "x3\r\nabc\r\n",
                                 "0x3\r\nabc\r\n",
                                 " 3\r\nabc\r\n",
                                 "3 \r\nabc\r\n",
                                 "3\t\r\nabc\r\n",
                                 "3;\r\nabc\r\n",
                                 "3;a=b\r\nabc\r\n",
                                 "+3\r\nabc\r\n",
                                 "-3\r\nabc\r\n",
                                 "3\nabc\r\n",
                                 "3\rabc\r\n",
                                 "3\r\rabc\r\n",
                                 "3\r\nabc0\r\n",
                                 "3\r\nabcd\r\n",
                                 "3\r\nabc\n0\r\n",
                                 "3\r\nabc\r0\r\n",
                                 "0\r\n\n",
                                 "0\r\nX: y\r\n\r\n",
                                 "0;a\r\n\r\n",
                                 "0\n\r\n",
                                 "0\r\n\r0",
                                 "00000000000000000\r\n",
                                 "3.\r\nabc\r\n",
                                 "3,3\r\nabc\r\n"}) {
    EXPECT_EQ(state_of(text), State::Doubt) << text;
  }
  EXPECT_EQ(state_of(std::string("3\0\r\nabc\r\n", 9)), State::Doubt);
}
TEST(BodyFrame, NeverChangesItsMindAfterADoubt) {
  BodyFrame frame(chunked());
  std::array<std::uint8_t, 8> out{};
  EXPECT_EQ(frame.take("x", out).taken, 1u);
  EXPECT_EQ(frame.take("3\r\nabc\r\n0\r\n\r\n", out).taken, 0u);
  EXPECT_EQ(frame.state(), State::Doubt);
}
TEST(BodyFrame, RefusesASizeBeyondTheBoundBeforeItsContent) {
  EXPECT_EQ(state_of("ffffffffffffffff\r\n"), State::TooLarge);
  EXPECT_EQ(state_of("8000000000000000\r\n"), State::TooLarge);
  EXPECT_EQ(state_of("4000001\r\n"), State::TooLarge) << "64 MiB and one";
  EXPECT_EQ(state_of("0000000004000000\r\n"), State::Running) << "64 MiB";
  std::array<std::uint8_t, 64> out{};
  BodyFrame frame(chunked());
  frame.bound(5);
  frame.take("3\r\nabc\r\n2\r\nde\r\n", out);
  EXPECT_EQ(frame.state(), State::Running);
  frame.take("1\r\n", out);
  EXPECT_EQ(frame.state(), State::TooLarge) << "together one too many";
  BodyFrame huge(chunked());
  huge.bound(5);
  huge.take("3\r\nabc\r\nfffffffffffffffe\r\n", out);
  EXPECT_EQ(huge.state(), State::TooLarge) << "the sum does not wrap round";
}
TEST(BodyFrame, ReadsWhatAnyCutIntoChunksWrote) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string content, text;
    for (auto chunks = random() % 6; chunks > 0; --chunks) {
      std::string piece(1 + random() % 300, '\0');
      for (char& c : piece) c = static_cast<char>(random());
      char size[16];
      std::snprintf(size, sizeof size, random() % 2 == 0 ? "%zx" : "%08zX", piece.size());
      text.append(size).append("\r\n").append(piece).append("\r\n");
      content += piece;
    }
    text += "0\r\n\r\n";
    const std::size_t whole = text.size();
    text += "POST";
    EXPECT_EQ(read(chunked(), text, 1 + random() % 64, 1 + random() % 64), (Read{State::Done, content, whole}));
  }
}

}  // namespace
}  // namespace shosoin::gate
