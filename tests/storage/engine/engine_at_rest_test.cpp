#include <sys/stat.h>

#include "tests/storage/engine/support.h"

namespace shosoin::engine {
namespace {

class EngineAtRest : public EngineTest {};

TEST_F(EngineAtRest, IsCountedWithoutWritingIntoIt) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(write("key" + std::to_string(i), std::string(300, 'v')));
  environment_.reset();
  ::chmod((place() / "data.mdb").c_str(), 0400);
  std::filesystem::remove(place() / "lock.mdb");
  const auto found = walk_at_rest(place());
  ASSERT_TRUE(found) << found.error().doing();
  EXPECT_EQ(found.value().tables, 2u);
  EXPECT_EQ(found.value().entries, 500u);
  EXPECT_GT(found.value().bytes, 500u * 300);
  EXPECT_FALSE(std::filesystem::exists(place() / "lock.mdb"));
}
TEST_F(EngineAtRest, ACutFileIsDamageAndAMissingOneIsNotFound) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(write("key" + std::to_string(i), std::string(300, 'v')));
  environment_.reset();
  std::filesystem::resize_file(place() / "data.mdb", 5 * 4096);
  EXPECT_EQ(walk_at_rest(place()).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(walk_at_rest(place() / "nowhere").error().code(), ErrorCode::NotFound);
}

}  // namespace
}  // namespace shosoin::engine
