// A journal that finds no room for its next segment: what would become that segment is taken by directories of its
// name. Everything that is there already can still be written, as on a disk that has just filled up. One thread.
#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <thread>

#include "firmware/base/limits.h"
#include "firmware/base/result.h"

namespace shosoin::support {

class FullJournal {
 public:
  explicit FullJournal(std::filesystem::path directory) : directory_(std::move(directory)) {
    // The journal makes one segment ahead: only when it stands there nothing else is under way.
    unsigned newest = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto [last, count, unfinished] = look();
      newest = last;
      if (count >= 2 && !unfinished) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (unsigned ahead = 1; ahead <= kAhead; ++ahead) {
      char name[16];
      std::snprintf(name, sizeof name, "%08u.new", newest + ahead);
      ENSURE(std::filesystem::create_directory(directory_ / name));
    }
  }
  FullJournal(const FullJournal&) = delete;
  FullJournal& operator=(const FullJournal&) = delete;
  ~FullJournal() { make_room(); }

  // write(size): one line of about that size; false when it found no room. Until not even the smallest finds any.
  static void fill(const std::function<bool(std::size_t)>& write) {
    int small = 0;
    for (const std::size_t size :
         {limits::kMaxJournalEntry - 4096, std::size_t{256} << 10, std::size_t{16} << 10, std::size_t{1}}) {
      for (int i = 0; i < 4096 && write(size); ++i) small += size == 1 ? 1 : 0;
    }
    ENSURE(!write(1) && small < 4096);
  }
  void make_room() {
    std::error_code ignored;
    for (const auto& item : std::filesystem::directory_iterator(directory_, ignored)) {
      if (item.is_directory() && item.path().extension() == ".new") std::filesystem::remove(item.path(), ignored);
    }
  }

 private:
  static constexpr unsigned kAhead = 3;
  struct Found {
    unsigned last, count;
    bool unfinished;
  };
  Found look() const {
    Found found{0, 0, false};
    for (const auto& item : std::filesystem::directory_iterator(directory_)) {
      if (item.path().extension() == ".new") found.unfinished = true;
      if (item.path().extension() != ".jnl") continue;
      ++found.count;
      found.last = std::max(found.last, static_cast<unsigned>(std::stoul(item.path().stem().string())));
    }
    return found;
  }
  std::filesystem::path directory_;
};

}  // namespace shosoin::support
