// Backups of a live appliance on a software TPM, and the way back: with the state copy everything but the erased.
#include "storage/backup/backup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <utility>

#include "firmware/base/power.h"
#include "storage/erasure/restore.h"
#include "storage/generations/records_entry.h"
#include "tests/fault/epoch_rig.h"
#include "tests/fault/old_image_attack.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;

class Backup : public ::testing::Test {
 protected:
  EpochRig rig;
  fs::path made;
  erasure::Restoration restored;

  void SetUp() override {
    for (const auto* name : {"provisioning.json", "terminal-ca.pem"}) std::ofstream(rig.places().data / name) << "{}";
    ASSERT_TRUE(rig.start());
  }
  void back_up() {
    const auto created = backup::create(rig.appliance(), rig.places().data, rig.root() / "backups", rig.clock().now());
    ASSERT_TRUE(created) << created.error().doing();
    made = created.value().directory;
    backup::Fault fault;
    const auto verified = backup::verify(made, fault);
    ASSERT_TRUE(verified) << verified.error().doing() << " " << fault.name;
    EXPECT_EQ(verified.value().digest, created.value().digest);
  }
  Result<void> restore(const std::map<TenantId, std::uint64_t>& known = {}) {
    rig.stop();
    fs::remove_all(rig.places().data);
    fs::copy(made, rig.places().data, fs::copy_options::recursive);
    fs::remove(rig.places().data / "manifest");
    {
      TRY(auto anchor, rig.hardware().try_open());
      TRY(restored, erasure::fit_to_tpm(rig.places(), *anchor, known, rig.clock().now()));
    }
    return rig.start();
  }
  erasure::RestoredTenant told(const TenantId& tenant) const {
    return *std::ranges::find(restored.tenants, tenant, &erasure::RestoredTenant::tenant);
  }
  ErrorCode why_unreadable(const TenantId& tenant, const PlantedRecord& planted) {
    auto* store = rig.appliance().tenant(tenant).value();
    const auto entry = store->get({generations::TableId::Records, copy_of(planted.id.view())}).value();
    if (!entry) return ErrorCode::NotFound;
    const auto where = generations::decode_record_entry(*entry).value();
    const auto row = store->read_row(where.record.id, where.record.key);
    return row ? ErrorCode::Internal : row.error().code();
  }
};

TEST_F(Backup, OfTheSameEpochBringsEverythingBack) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(restore());
  EXPECT_EQ(rig.appliance().status().recovered, "settled");
  for (const auto& tenant : rig.tenants) {
    EXPECT_EQ(rig.readable(tenant).size(), std::size_t{EpochRig::kRecords});
    EXPECT_EQ(told(tenant).lost_rows + told(tenant).dropped_rows, 0u);
    EXPECT_EQ(told(tenant).known, told(tenant).present);
    EXPECT_GT(told(tenant).line, told(tenant).known);
  }
  ASSERT_TRUE(rig.erase_some());  // and it goes on
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
  rig.stop();
  ASSERT_TRUE(rig.start());
}

TEST_F(Backup, RestoredTwiceGivesNoChangeNumberTwice) {
  const auto& tenant = rig.tenants[0];
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(restore());
  rig.plant(tenant, 1);
  const auto given = rig.appliance().tenant(tenant).value()->last_seq();
  const auto first = told(tenant).line;
  EXPECT_GT(given, first);
  ASSERT_TRUE(restore());  // the same one again, and nothing left that tells what was given out in between
  EXPECT_GT(told(tenant).line, given);
  EXPECT_GT(told(kAppliance).line, first);
  const auto file = rig.places().state_copy / "sequence-line";
  ASSERT_TRUE(fs::exists(file));
  fs::resize_file(file, fs::file_size(file) - 1);
  EXPECT_EQ(restore().error().code(), ErrorCode::Integrity);
}

TEST_F(Backup, FromBeforeAnErasureBringsBackEverythingButTheErased) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(rig.erase_some());
  ASSERT_TRUE(rig.appliance().run_batch({}, 24));  // the state copy of the erasure is not the newest any more
  const auto merged = rig.appliance().merge(*rig.appliance().tenant(rig.tenants[2]).value(), {});
  ASSERT_TRUE(merged);
  ASSERT_TRUE(restore());
  EXPECT_EQ(restored.epoch, 2u);
  for (std::size_t t = 0; t < 2; ++t) {
    const auto& tenant = rig.tenants[t];
    const auto readable = rig.readable(tenant);
    EXPECT_EQ(readable.size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
    for (std::size_t i = 0; i < EpochRig::kErased; ++i) {
      EXPECT_EQ(why_unreadable(tenant, rig.records.at(tenant)[i]), ErrorCode::NotFound);
    }
    EXPECT_EQ(told(tenant).dropped_rows, std::uint64_t{EpochRig::kErased});
    EXPECT_EQ(told(tenant).lost_rows, 0u);
  }
  EXPECT_EQ(rig.readable(rig.tenants[2]).size(), std::size_t{EpochRig::kRecords});  // its key is older than the backup
}

TEST_F(Backup, FromBeforeAnErasureIsWholeThoughMergesOfTheSameEpochRenewedTheStateCopy) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(rig.erase_some());
  for (std::size_t t = 0; t < 3; ++t) {  // no batch between: the copy they renew is the erasure's own
    ASSERT_TRUE(rig.appliance().merge(*rig.appliance().tenant(rig.tenants[t]).value(), {}));
  }
  EXPECT_FALSE(rig.appliance().status().state_copy_behind);
  ASSERT_TRUE(restore());
  EXPECT_EQ(restored.epoch, 1u);
  for (std::size_t t = 0; t < 2; ++t) {
    const auto& tenant = rig.tenants[t];
    EXPECT_TRUE(told(tenant).whole);
    EXPECT_EQ(told(tenant).lost_rows, 0u);
    EXPECT_EQ(rig.readable(tenant).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
  }
}

TEST_F(Backup, FromBeforeAnErasureIsWholeThoughTheStateCopyWasTornAndMadeAnew) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(rig.erase_some());
  std::size_t torn = 0;
  for (const auto& item : fs::directory_iterator(rig.places().state_copy)) {
    const auto file = item.path() / "state";
    if (!fs::exists(file)) continue;
    fs::resize_file(file, fs::file_size(file) - 1);
    ++torn;
  }
  ASSERT_GT(torn, 0u);
  ASSERT_TRUE(rig.appliance().merge(*rig.appliance().tenant(rig.tenants[2]).value(), {}));
  EXPECT_FALSE(rig.appliance().status().state_copy_behind);
  ASSERT_TRUE(restore());
  EXPECT_TRUE(told(rig.tenants[0]).whole);
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords - EpochRig::kErased});
}

TEST_F(Backup, SaysWhatWasLostInBetweenAndWhatIsLostCanBeErased) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  const auto& tenant = rig.tenants[0];
  rig.plant(tenant, 2);
  ASSERT_TRUE(rig.erase_some());  // the keys of the two stand in the state copy; their rows are in no backup
  const auto known = rig.appliance().tenant(tenant).value()->last_seq();
  ASSERT_TRUE(restore({{tenant, known + 5}}));  // what a journal that outlived the data would say
  EXPECT_EQ(told(tenant).lost_rows, 2u);
  EXPECT_EQ(told(tenant).known, known + 5);
  EXPECT_LT(told(tenant).present, told(tenant).known);
  EXPECT_GT(rig.appliance().tenant(tenant).value()->last_seq(), known + 5);
  const auto& planted = rig.records.at(tenant);
  for (std::size_t i = EpochRig::kRecords; i < planted.size(); ++i) {
    EXPECT_EQ(why_unreadable(tenant, planted[i]), ErrorCode::LostInRestore);
  }
  const auto report = rig.appliance().check_storage().value();
  EXPECT_NE(report.find(R"("sound":true)"), std::string::npos) << report;  // known to be missing is no damage
  std::vector<erasure::ErasureOrder> orders(1);
  orders[0].tenant = tenant;
  orders[0].records = {planted.back().id};
  orders[0].declaration = R"({"count":1,"recordFile":"test"})";
  orders[0].log = {false, R"({"operation":"erased"})"};
  const auto erased = rig.appliance().run_batch(std::move(orders), 24);
  ASSERT_TRUE(erased) << erased.error().doing();
  EXPECT_TRUE(rig.appliance().certificate(tenant, erased.value().serials[0]));
  EXPECT_EQ(why_unreadable(tenant, planted.back()), ErrorCode::NotFound);
  EXPECT_EQ(why_unreadable(tenant, planted[EpochRig::kRecords]), ErrorCode::LostInRestore);
}

TEST_F(Backup, OfTwoEpochsAgoWithoutItsStateCopyIsRefusedAndTheTpmIsNotTouched) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(rig.erase_some());
  rig.stop();
  const auto away = rig.root() / "away";
  fs::rename(rig.places().state_copy, away);
  fs::create_directory(rig.places().state_copy);
  const auto before = rig.hardware().open()->read_chain().value();
  const auto done = restore();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::Integrity);
  EXPECT_EQ(rig.hardware().open()->read_chain().value(), before);
  fs::remove_all(rig.places().state_copy);
  fs::rename(away, rig.places().state_copy);
  ASSERT_TRUE(restore());
}

TEST_F(Backup, OfATenantMadeLaterKnowsItAndSaysThatItsRowsAreLost) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  const auto made_later =
      rig.appliance().create_tenant("431001", "熊本市", {}, {false, R"({"operation":"tenant-created"})"});
  ASSERT_TRUE(made_later);
  ASSERT_TRUE(restore());
  const auto known = rig.appliance().tenants();
  EXPECT_EQ(known.size(), 4u);
  EXPECT_FALSE(told(made_later.value().id).whole);
  EXPECT_EQ(rig.appliance().tenant(made_later.value().id).error().code(),
            ErrorCode::Integrity);  // closed; the others serve
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords});
}

TEST_F(Backup, MadeWhileOthersWriteIsWhole) {
  std::atomic<bool> over{false};
  std::thread writer([&] {
    while (!over) rig.plant(rig.tenants[1], 1);
  });
  for (int i = 0; i < 3; ++i) {
    fs::remove_all(rig.root() / "backups");
    back_up();
  }
  over = true;
  writer.join();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(restore());
  const auto readable = rig.readable(rig.tenants[1]);
  EXPECT_GE(readable.size(), std::size_t{EpochRig::kRecords});
  EXPECT_LE(readable.size() + told(rig.tenants[1]).lost_rows, rig.records.at(rig.tenants[1]).size());
}

TEST_F(Backup, HoldsNoPlaintextAndYieldsNothingErasedToWhoeverHasTheTpm) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  ASSERT_TRUE(rig.erase_some());
  const DiskBytes bytes(made);
  fs::create_directories(rig.root() / "image" / "live");
  fs::copy(made, rig.root() / "image" / "live" / "data", fs::copy_options::recursive);
  fs::copy(rig.places().state_copy, rig.root() / "image" / "live" / "state", fs::copy_options::recursive);
  rig.stop();
  auto anchor = rig.hardware().open();
  const auto loot = attack(rig.root() / "image", *anchor);
  for (const auto& [tenant, records] : rig.records) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_FALSE(bytes.hold(view_of(records[i].text)));
      EXPECT_FALSE(bytes.hold(records[i].key));
      EXPECT_FALSE(bytes.hold(records[i].token));
      EXPECT_TRUE(bytes.hold(records[i].row.view()));  // the search looks
      if (tenant == rig.tenants[2] || i >= EpochRig::kErased) continue;
      EXPECT_FALSE(loot.holds(records[i].key));
      EXPECT_FALSE(loot.holds(records[i].token));
    }
  }
}

TEST_F(Backup, WithAnythingChangedMissingOrMoreIsRefusedWithThePlace) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  backup::Fault fault;
  const auto flip = [&](const fs::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(100);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(100);
    file.put(byte);
  };
  for (const auto* name : {"appliance/data.mdb", "journal/00000001.jnl"}) {
    flip(made / name);
    const auto verified = backup::verify(made, fault);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code(), ErrorCode::Integrity);
    EXPECT_EQ(fault.name, name);
    flip(made / name);
  }
  std::ofstream(made / "appliance" / "more") << "x";
  EXPECT_EQ(backup::verify(made, fault).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(fault.name, "appliance/more");
  fs::remove(made / "appliance" / "more");
  ASSERT_TRUE(backup::verify(made, fault));
  fs::rename(made / "terminal-ca.pem", rig.root() / "kept");
  EXPECT_EQ(backup::verify(made, fault).error().code(), ErrorCode::Integrity);
  EXPECT_EQ(fault.name, "terminal-ca.pem");
  fs::rename(rig.root() / "kept", made / "terminal-ca.pem");
  flip(made / "manifest");
  EXPECT_FALSE(backup::verify(made, fault));
  EXPECT_EQ(backup::verify(rig.root(), fault).error().code(), ErrorCode::InvalidContent);
}

// What happens at a step of a backup that is being made; once.
class During {
 public:
  During(std::string_view step, std::function<void()> act) {
    wanted = step;
    happening = std::move(act);
    power::set_plug([](std::string_view at) noexcept {
      if (at == wanted && happening) std::exchange(happening, nullptr)();
      return power::Cut::None;
    });
  }
  During(const During&) = delete;
  During& operator=(const During&) = delete;
  ~During() { power::set_plug(nullptr); }
  static bool happened() { return !happening; }

 private:
  static inline std::string_view wanted;
  static inline std::function<void()> happening;
};

TEST_F(Backup, IsRefusedWhileAnotherIsBeingMadeAndTheOtherIsWhole) {
  auto second = Result<void>(success());
  {
    const During naming("backup:name", [&] {
      std::thread([&] {
        const auto created = backup::create(rig.appliance(), rig.places().data, rig.root() / "backups", rig.clock().now());
        if (!created) second = created.error();
      }).join();
    });
    ASSERT_NO_FATAL_FAILURE(back_up());
    ASSERT_TRUE(During::happened());
  }
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::Conflict);
  fs::remove_all(rig.root() / "backups");
  back_up();  // nobody is at it any more
}

TEST_F(Backup, WithSomebodyElsesFileInItIsRefusedAndTheNextOneIsMade) {
  const auto making = rig.root() / "backups" / "making";
  for (const auto& put : std::vector<std::function<void()>>{
           [&] { std::ofstream(making / "appliance" / "notes.txt") << "x"; },
           [&] { fs::create_symlink(rig.places().data / "provisioning.json", making / "link"); },
       }) {
    const During copying("journal:copy", put);
    const auto created = backup::create(rig.appliance(), rig.places().data, rig.root() / "backups", rig.clock().now());
    ASSERT_TRUE(During::happened());
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code(), ErrorCode::Unavailable);
    EXPECT_TRUE(fs::is_empty(rig.root() / "backups"));
  }
  back_up();
}

TEST_F(Backup, WhoseManifestLeavesOutWhatARestoreNeedsIsRefusedWithItsName) {
  ASSERT_NO_FATAL_FAILURE(back_up());
  std::ifstream in(made / "manifest", std::ios::binary);
  const auto manifest = backup::decode_manifest(Bytes{std::istreambuf_iterator<char>(in), {}}).value();
  for (const auto& name : {std::string("appliance/data.mdb"), std::string("provisioning.json"),
                           "tenants/" + rig.tenants[1].hex() + "/data.mdb"}) {
    auto cut = manifest;
    ASSERT_EQ(std::erase_if(cut.files, [&](const auto& file) { return file.name == name; }), 1u);
    const auto bytes = backup::encode_manifest(cut);
    std::ofstream(made / "manifest", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    fs::rename(made / name, rig.root() / "kept");  // no file more than it names, and each as it says
    backup::Fault fault;
    const auto verified = backup::verify(made, fault);
    fs::rename(rig.root() / "kept", made / name);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code(), ErrorCode::Integrity);
    EXPECT_EQ(fault.name, name);
  }
}

TEST_F(Backup, OfWhichAFileGoesAwayWhileItIsMadeIsNotMade) {
  const During copying("journal:copy", [&] {
    fs::remove_all(rig.root() / "backups" / "making" / "tenants" / rig.tenants[1].hex());
  });
  const auto created = backup::create(rig.appliance(), rig.places().data, rig.root() / "backups", rig.clock().now());
  ASSERT_TRUE(During::happened());
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), ErrorCode::Unavailable);
  EXPECT_TRUE(fs::is_empty(rig.root() / "backups"));
}

TEST_F(Backup, ThatCannotBeWrittenIsRefusedAndTheServiceGoesOn) {
  std::ofstream(rig.root() / "backups") << "in the way";
  const auto created = backup::create(rig.appliance(), rig.places().data, rig.root() / "backups", rig.clock().now());
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().code(), ErrorCode::StorageFailed);
  EXPECT_EQ(rig.readable(rig.tenants[0]).size(), std::size_t{EpochRig::kRecords});
}

}  // namespace
}  // namespace shosoin::test
