#include "crypto/roots.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/crypto/vectors.h"

namespace shosoin::crypto {
namespace {

using testing::fixed_hex;

template <class Meaning>
std::string hex_of(const Secret<Meaning, 32>& secret) {
  return secret.expose([](ByteView bytes) { return to_hex(bytes); });
}
template <class Key>
Key key_of(const boost::json::value& text) {
  return Key::copy_from(fixed_hex<32>(text));
}

TEST(EpochRoot, AgreesWithTheSecondImplementation) {
  const auto vectors = testing::read_vectors("roots.json");
  const auto sealed = key_of<RootHalfSealed>(vectors.at("sealed_half"));
  const auto slot = key_of<RootHalfSlot>(vectors.at("slot_half"));
  int seen = 0;
  for (const auto& entry : vectors.at("epoch_roots").as_array()) {
    const auto root = derive_epoch_root(sealed, slot, entry.at("epoch").to_number<std::uint64_t>());
    EXPECT_EQ(hex_of(root), std::string_view(entry.at("root").as_string()));
    ++seen;
  }
  EXPECT_EQ(seen, 4);
}
TEST(EpochRoot, NeedsBothHalvesAndTheEpoch) {
  const auto sealed = RootHalfSealed::random();
  const auto slot = RootHalfSlot::random();
  std::set<std::string> roots;
  roots.insert(hex_of(derive_epoch_root(sealed, slot, 1)));
  roots.insert(hex_of(derive_epoch_root(sealed, slot, 2)));
  roots.insert(hex_of(derive_epoch_root(RootHalfSealed::random(), slot, 1)));
  roots.insert(hex_of(derive_epoch_root(sealed, RootHalfSlot::random(), 1)));
  EXPECT_EQ(roots.size(), 4u);
  EXPECT_TRUE(roots.contains(hex_of(derive_epoch_root(sealed, slot, 1))));
}
TEST(CustodianAuth, AgreesWithTheSecondImplementationForEveryPurpose) {
  const auto vectors = testing::read_vectors("roots.json");
  const auto custodians = key_of<CustodianSecret>(vectors.at("custodian_secret"));
  std::set<std::string> values;
  for (const auto& [purpose, value] : vectors.at("custodian_auth").as_object()) {
    EXPECT_EQ(hex_of(derive_custodian_auth(custodians, purpose)), std::string_view(value.as_string()));
    values.insert(hex_of(derive_custodian_auth(custodians, purpose)));
  }
  EXPECT_EQ(values.size(), 3u);
}
TEST(CustodianScalar, AgreesWithTheSecondImplementation) {
  const auto vectors = testing::read_vectors("roots.json");
  const auto scalar = custodian_signing_scalar(key_of<CustodianSecret>(vectors.at("custodian_secret")));
  EXPECT_EQ(hex_of(scalar), std::string_view(vectors.at("signing_scalar").as_string()));
}

}  // namespace
}  // namespace shosoin::crypto
