// State copies, format 2, against the vectors of another program (tests/vectors/epoch.json): the file of a generation and the state
// that names it. A torn or changed file is told before anything is built on it.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "crypto/hash.h"
#include "storage/erasure/state_copy.h"
#include "storage/generations/layout.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::erasure {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class GenerationFiles : public ::testing::Test {
 protected:
  GenerationFiles() {
    std::ifstream file(SHOSOIN_SOURCE_DIR "/tests/vectors/epoch.json");
    vectors = json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
    tenant = TenantId::from(hex("tenant")).value();
    gid = GenerationId::from(hex("gid")).value();
  }
  static Bytes bytes_of(const json::value& text) { return *from_hex(std::string(text.as_string())); }
  Bytes hex(std::string_view name) const { return bytes_of(vectors.at(name)); }
  static Bytes read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes{std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path& path, ByteView bytes) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  StateCopy::Generation made() {
    auto file = GenerationFile::create(place.path() / "attempt", tenant, gid).value();
    for (const auto& item : vectors.at("boxes").as_array()) {
      const auto& box = item.as_object();
      const auto table = box.at("kind").as_int64() == 2 ? generations::kBlocks : generations::kHeads;
      const auto boxed = bytes_of(box.at("box"));
      EXPECT_TRUE(file->put(table, bytes_of(box.at("key")), boxed, crypto::merkle_leaf({boxed})));
    }
    return file->finish(41).value();
  }
  static Result<std::size_t> count(const StateCopy::Generation& generation) {
    std::size_t seen = 0;
    TRY(each_stored(generation, [&](auto, auto, auto) -> Result<void> {
      ++seen;
      return success();
    }));
    return seen;
  }
  support::TemporaryDirectory place;
  json::object vectors;
  TenantId tenant;
  GenerationId gid;
};

TEST_F(GenerationFiles, AreWrittenAndReadAsTheFormatPageSays) {
  const auto generation = made();
  EXPECT_EQ(read(generation.file), hex("generationFile"));
  EXPECT_EQ(generation.size, hex("generationFile").size());
  std::size_t at = 0;
  ASSERT_TRUE(each_stored(generation, [&](engine::Table table, ByteView key, ByteView boxed) -> Result<void> {
    const auto& box = vectors.at("boxes").as_array().at(at++).as_object();
    EXPECT_EQ(table == generations::kBlocks, box.at("kind").as_int64() == 2);
    EXPECT_EQ(copy_of(key), bytes_of(box.at("key")));
    EXPECT_EQ(copy_of(boxed), bytes_of(box.at("box")));
    return success();
  }));
  EXPECT_EQ(at, vectors.at("boxes").as_array().size());
}

TEST_F(GenerationFiles, ChangedInAnyByteOrCutShortAnywhereAreRefused) {
  const auto generation = made();
  const auto good = read(generation.file);
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto changed = good;
    changed[at] ^= 0x40;
    write(generation.file, changed);
    const auto told = count(generation);
    ASSERT_FALSE(told) << at;
    EXPECT_EQ(told.error().code(), ErrorCode::Integrity) << at;
  }
  for (std::size_t size = 0; size < good.size(); size += 7) {
    write(generation.file, ByteView(good).first(size));
    EXPECT_FALSE(looks_whole(generation)) << size;
    auto as_long_as_it_is = generation;
    as_long_as_it_is.size = size;
    EXPECT_FALSE(count(as_long_as_it_is)) << size;
  }
  write(generation.file, good);
  EXPECT_EQ(count(generation).value(), vectors.at("boxes").as_array().size());
  auto foreign = generation;
  foreign.tenant = TenantId::random();
  EXPECT_FALSE(count(foreign));
}

TEST_F(GenerationFiles, AreNamedByAStateThatIsWrittenAndReadAsTheFormatPageSays) {
  const auto good = hex("stateCopy");
  const auto copy = decode_state_copy(good, place.path()).value();
  EXPECT_EQ(encode_state_copy(copy), good);
  ASSERT_EQ(copy.generations.size(), 1u);
  EXPECT_EQ(copy.generations[0].seq, 41u);
  EXPECT_EQ(copy.generations[0].size, hex("generationFile").size());
  EXPECT_EQ(copy.generations[0].file, place.path() / (tenant.hex() + "-" + gid.hex()));
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto changed = good;
    changed[at] ^= 1;
    EXPECT_FALSE(decode_state_copy(changed, place.path())) << at;
    EXPECT_FALSE(decode_state_copy(ByteView(good).first(at), place.path())) << at;
  }
}

// A renewal names what it keeps: what a given-up attempt or a merge before left beside it goes.
TEST_F(GenerationFiles, ThatNoStateNamesAreTakenAwayByTheNextRenewal) {
  auto copy = decode_state_copy(hex("stateCopy"), {}).value();
  const auto attempt = place_of_copy(place.path(), copy.state.epoch, copy.state.attempt);
  auto kept = GenerationFile::create(attempt, tenant, gid).value();
  copy.generations = {kept->finish(41).value()};
  auto left = GenerationFile::create(attempt, tenant, GenerationId::random()).value();
  const auto garbage = left->finish(1).value();
  ASSERT_TRUE(write_state_copy(place.path(), copy));
  EXPECT_FALSE(fs::exists(garbage.file));
  EXPECT_TRUE(read_state_copy(place.path(), copy.state));
  fs::resize_file(copy.generations[0].file, copy.generations[0].size - 1);
  EXPECT_FALSE(read_state_copy(place.path(), copy.state));
  EXPECT_TRUE(read_state_copies(place.path()).value().empty());
}

}  // namespace
}  // namespace shosoin::erasure
