// The vault's operator new and delete: what was freed is zeroed, also where the block is kept for the thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace shosoin {
namespace {

// Through volatile pointers, so that the compiler leaves the pairs of new and delete where they are.
unsigned char* volatile last = nullptr;

unsigned char* filled(std::size_t size) {
  last = new unsigned char[size];
  std::memset(last, 0x5A, size);
  return last;
}

TEST(WipingNew, KeepsALargeBlockForItsThreadAndGivesItOutZeroed) {
  for (const std::size_t size : {1033u, 2048u, 2049u, 4096u, 8000u, 16384u}) {
    const auto* place = filled(size);
    delete[] last;
    last = new unsigned char[size];
    EXPECT_EQ(last, place) << size;
    EXPECT_TRUE(std::all_of(last, last + size, [](unsigned char byte) { return byte == 0; })) << size;
    delete[] last;
  }
}

TEST(WipingNew, ServesEverySizeWithoutOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> all;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 0; size < 40'000; size = size * 3 / 2 + 1) all.emplace_back(filled(size), size);
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::memset(all[i].first, static_cast<int>(i % 251), all[i].second);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto [bytes, size] = all[i];
      ASSERT_TRUE(std::all_of(bytes, bytes + size, [&](unsigned char byte) { return byte == i % 251; })) << size;
    }
    for (const auto& [bytes, size] : all) delete[] bytes;
    all.clear();
  }
}

struct Late {  // freed after the thread's shelf is gone
  std::unique_ptr<std::vector<unsigned char>> bytes;
};

TEST(WipingNew, TakesBackWhatAThreadFreesAtItsVeryEndAndWhatAnotherAllocated) {
  for (int i = 0; i < 20; ++i) {
    auto from_here = std::make_unique<std::vector<unsigned char>>(5000);
    std::thread([&] {
      static thread_local Late late;
      late.bytes = std::make_unique<std::vector<unsigned char>>(3000);
      from_here.reset();
      for (const std::size_t size : {1500u, 3000u, 6000u, 12'000u}) {
        filled(size);
        delete[] last;
      }
    }).join();
  }
}

}  // namespace
}  // namespace shosoin
