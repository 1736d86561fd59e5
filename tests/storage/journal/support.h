// What the journal's tests share: drafts, a journal of small segments in a directory of its own, and segment images
// made frame by frame, so that a flush can hold exactly what a test wants.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "firmware/base/power.h"
#include "storage/journal/disk_journal.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::journal {

inline constexpr std::size_t kSmall = 16u << 10;

inline TenantId tenant_of(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = number;
  return TenantId(bytes);
}
inline Draft draft_of(std::uint8_t tenant, std::uint64_t line, std::size_t size = 100, std::uint64_t change_seq = 0) {
  Draft draft{.tenant = tenant_of(tenant), .line = line, .change_seq = change_seq, .month_key = {}, .boxed_entry = {}};
  draft.boxed_entry.resize(size);
  for (std::size_t i = 0; i < size; ++i)
    draft.boxed_entry[i] = static_cast<std::uint8_t>(tenant * 31 + line * 7 + i + 1);
  return draft;
}
inline bool same(const Draft& left, const Draft& right) { return encode_draft(left) == encode_draft(right); }

// The drafts of all frames, in order. A failure is the error.
inline Result<std::vector<Draft>> all_of(const Journal& journal) {
  std::vector<Draft> drafts;
  TRY(journal.walk([&](const Frame& frame) { return drafts.push_back(frame.draft), true; }));
  return drafts;
}
inline Result<std::vector<Draft>> open_and_walk(const std::filesystem::path& place) {
  TRY(auto journal, open_journal(place, false, {.segment_size = kSmall}));
  return all_of(*journal);
}

class JournalTest : public testing::Test {
 protected:
  void TearDown() override {
    power::set_plug(nullptr);
    power::power_on();
  }
  void open(bool create = true) {
    journal_.reset();
    auto opened = open_journal(place(), create, {.segment_size = kSmall});
    ASSERT_TRUE(opened) << opened.error().doing() << " " << opened.error().outside();
    journal_ = std::move(opened).value();
  }
  static void wait_for(const std::filesystem::path& file) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < patience)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(std::filesystem::exists(file));
  }
  std::filesystem::path place() const { return directory_.path() / "journal"; }

  support::TemporaryDirectory directory_;
  std::unique_ptr<Journal> journal_;
};

// Builds the image of segment 1 or of one that follows another.
class ImageBuilder {
 public:
  ImageBuilder() { begin(1); }
  void next_segment() { begin(segment_ + 1); }
  void next_flush() {
    ++chain_.flush;
    chain_.flush_start = static_cast<std::uint32_t>(image_.size());
  }
  // Returns where the frame stands.
  std::size_t add(const Draft& draft) {
    const std::size_t at = image_.size();
    put(FrameKind::Entry, encode_draft(draft));
    auto& place = chain_.places[draft.tenant];
    place = {.position = {draft.line, std::max(place.position.change_seq, draft.change_seq), chain_.last},
             .segment = segment_,
             .offset = static_cast<std::uint32_t>(at)};
    return at;
  }
  std::size_t size() const { return image_.size(); }
  Bytes image() const {
    Bytes whole = image_;
    whole.resize(kSmall);
    return whole;
  }

 private:
  void begin(std::uint32_t segment) {
    image_.clear();
    segment_ = segment;
    next_flush();
    put(FrameKind::Carry, encode_carry({.segment_size = kSmall, .places = chain_.places}));
  }
  void put(FrameKind kind, ByteView body) {
    const FrameHead head{.kind = kind,
                         .flush = chain_.flush,
                         .flush_start = chain_.flush_start,
                         .offset = static_cast<std::uint32_t>(image_.size()),
                         .segment = segment_,
                         .previous = chain_.last};
    chain_.last = append_frame(image_, head, body);
  }
  Chain chain_;
  std::uint32_t segment_ = 0;
  Bytes image_;
};
inline void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text_of(bytes);
}
inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return copy_of(view_of(text));
}

}  // namespace shosoin::journal
