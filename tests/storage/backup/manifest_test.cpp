// The manifest of a backup against vectors of a second implementation.
#include "storage/backup/manifest.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

namespace shosoin::backup {
namespace {

namespace json = boost::json;

json::object vectors() {
  std::ifstream file(SHOSOIN_SOURCE_DIR "/tests/vectors/backup.json");
  return json::parse(std::string{std::istreambuf_iterator<char>(file), {}}).as_object();
}
Bytes hex(const json::value& text) { return from_hex(std::string_view(text.as_string())).value(); }

TEST(BackupManifest, ReadsAndWritesAsTheFormatPageSays) {
  const auto all = vectors();
  const auto& good = all.at("good").as_object();
  const auto bytes = hex(good.at("bytes"));
  const auto read = decode_manifest(bytes);
  ASSERT_TRUE(read);
  const auto& manifest = read.value();
  EXPECT_EQ(manifest.made_at.time_since_epoch().count(), good.at("madeAt").as_int64());
  EXPECT_EQ(manifest.epoch, 12u);
  EXPECT_EQ(to_hex(manifest.chain), std::string_view(good.at("chain").as_string()));
  ASSERT_EQ(manifest.tenants.size(), 2u);
  EXPECT_EQ(manifest.tenants[1].tenant.hex(), std::string_view(good.at("tenants").at(1).at(0).as_string()));
  EXPECT_EQ(manifest.tenants[1].seq, 7u);
  const auto& files = good.at("files").as_array();
  ASSERT_EQ(manifest.files.size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(manifest.files[i].name, std::string_view(files[i].at(0).as_string()));
    EXPECT_EQ(manifest.files[i].size, static_cast<std::uint64_t>(files[i].at(1).as_int64()));
    EXPECT_EQ(to_hex(manifest.files[i].digest), std::string_view(files[i].at(2).as_string()));
  }
  EXPECT_EQ(encode_manifest(manifest), bytes);
  EXPECT_EQ(to_hex(digest_of(bytes)), std::string_view(good.at("digest").as_string()));
}

TEST(BackupManifest, ThatIsNoneIsRefused) {
  const auto all = vectors();
  ASSERT_GT(all.at("bad").as_object().size(), 10u);
  for (const auto& [name, bytes] : all.at("bad").as_object()) {
    const auto read = decode_manifest(hex(bytes));
    ASSERT_FALSE(read) << std::string_view(name);
    EXPECT_EQ(read.error().code(), ErrorCode::InvalidContent) << std::string_view(name);
  }
}

TEST(BackupManifest, CutShortAnywhereIsRefused) {
  const auto bytes = hex(vectors().at("good").at("bytes"));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_manifest(ByteView(bytes).first(size))) << size;
}

}  // namespace
}  // namespace shosoin::backup
