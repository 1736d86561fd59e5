// An import that does not come to its end - the vault restarts, the disk fills, the client goes away - leaves nothing
// visible and says which it is: abandoned, or still receiving. Repeated with the same Idempotency-Key it is one import
// (issue 3, line 6; promise 9).
#include "storage/generations/records_entry.h"
#include "tests/admin-api/service/one_import.h"
#include "tests/support/faulty_disk.h"

namespace shosoin::test {
namespace {

using generations::TableId;

class InterruptedImport : public OneImport {
 protected:
  // More than a group of rows and more entries than a sort holds in memory: rows and runs are on the disk.
  static constexpr std::uint64_t kPeople = 20'000;
  static constexpr std::size_t kPiece = 500'000;

  void TearDown() override { support::faulty_disk().write_error = 0; }
  Told feed_all(const std::string& csv) {
    Told told;
    for (std::size_t at = 0; at < csv.size(); at += kPiece) {
      told = feed(at, csv.substr(at, kPiece));
      if (told.refused) break;
    }
    return told;
  }
  std::string shown() {
    auto fields = common();
    fields[FieldId::TenantCode] = tenant;
    fields[FieldId::ImportId] = import;
    return world.ask(Kind::ImportShow, fields).member("state");
  }
  std::uint64_t rows() { return store().rows_stored().value(); }
  std::size_t imports() { return service::all_imports(store()).value().size(); }
  std::size_t records() {
    std::size_t found = 0;
    EXPECT_TRUE(store().scan(TableId::Records, {}, [&](const generations::Entry&) { return ++found, true; }));
    return found;
  }
};

TEST_F(InterruptedImport, ByARestartIsAbandonedAndNothingOfItIsLeft) {
  const auto csv = world.csv(tenant, kPeople, 301);
  const auto rows_before = rows(), records_before = records();
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(feed_all(csv).refused);
  EXPECT_GT(rows(), rows_before + kPeople);
  EXPECT_EQ(records(), records_before);  // nothing visible
  world.restart();
  token = world.session("sato", world.t1);
  EXPECT_EQ(shown(), "abandoned");
  EXPECT_EQ(rows(), rows_before);
  EXPECT_EQ(records(), records_before);
  EXPECT_EQ(feed(csv.size(), "x").refused, ErrorCode::Conflict);
  EXPECT_EQ(close().refused, ErrorCode::Conflict);
  const auto first = import;
  const auto count = imports();
  const auto few = world.csv(tenant, 3000, 304);
  ASSERT_EQ(open().member("state"), "receiving");  // nothing of the first one is left: its key begins anew
  EXPECT_NE(import, first);
  ASSERT_FALSE(feed_all(few).refused);
  EXPECT_EQ(close().member("state"), "staged");
  EXPECT_EQ(open().member("state"), "staged");  // and stands for this one from now on
  EXPECT_EQ(imports(), count + 1);
  EXPECT_EQ(records(), records_before + 3000);
  reject();
  import = first;
  EXPECT_EQ(shown(), "abandoned");
}

TEST_F(InterruptedImport, ByALostClientIsReceivingAndWithTheSameKeyBecomesOneImport) {
  constexpr std::uint64_t kFew = 3000;
  const auto csv = world.csv(tenant, kFew, 302);
  const auto rows_before = rows(), records_before = records();
  const auto count = imports();
  ASSERT_FALSE(open().refused);
  ASSERT_FALSE(feed(0, csv.substr(0, kPiece)).refused);
  const auto first = import;
  EXPECT_EQ(shown(), "receiving");
  ASSERT_EQ(open().member("state"), "receiving");  // the client comes back and begins again
  EXPECT_EQ(import, first);
  ASSERT_FALSE(feed_all(csv).refused);
  const auto closed = close();
  ASSERT_EQ(closed.member("state"), "staged") << closed.text;
  EXPECT_EQ(close().member("state"), "staged");  // the answer was lost, too
  EXPECT_EQ(open().member("state"), "staged");
  EXPECT_EQ(import, first);
  EXPECT_EQ(imports(), count + 1);
  EXPECT_EQ(records(), records_before + kFew);
  EXPECT_EQ(rows(), rows_before + 2 * kFew);  // each once: a row and a number
  reject();
}

TEST_F(InterruptedImport, ByAFullDiskIsRefusedAndAbandonedAsSoonAsThereIsRoom) {
  constexpr std::uint64_t kFew = 3000;
  const auto csv = world.csv(tenant, kFew, 303);
  const auto rows_before = rows(), records_before = records();
  ASSERT_FALSE(open().refused);
  support::faulty_disk().only = "/data.mdb";  // the journal has its room ahead
  support::faulty_disk().write_error = ENOSPC;
  const auto fed = feed_all(csv);
  ASSERT_EQ(fed.refused, ErrorCode::StorageFull) << fed.text;
  support::faulty_disk().write_error = 0;
  auto& imports = world.parts().imports;
  for (int round = 0; round < 2; ++round) {  // found in one, given up in the next
    imports.begin_round();
    ASSERT_TRUE(imports.lapse(store()));
    imports.end_round();
  }
  EXPECT_EQ(shown(), "abandoned");
  EXPECT_EQ(rows(), rows_before);
  EXPECT_EQ(records(), records_before);
  key += "-again";
  ASSERT_FALSE(open().refused);  // nothing waits for it
  ASSERT_FALSE(feed_all(csv).refused);
  EXPECT_EQ(close().member("state"), "staged");
  EXPECT_EQ(rows(), rows_before + 2 * kFew);
  reject();
}

}  // namespace
}  // namespace shosoin::test
