#include "tests/fault/epoch_rig.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "crypto/row.h"
#include "firmware/base/disk.h"
#include "storage/generations/records_entry.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
using generations::Change;
using generations::TableId;

int cut_at_step = -1, cut_index = -1;
int steps_seen = 0;
power::Cut cut_how = power::Cut::None;
bool armed = false;
std::string counted_from;
std::string cut_name;
std::vector<std::string> step_names;

std::mutex plug_mutex;  // the journal asks from threads of its own

power::Cut plug(std::string_view step) noexcept {
  const std::lock_guard lock(plug_mutex);
  if (!armed) return power::Cut::None;
  step_names.emplace_back(step);
  if (!counted_from.empty() && step != counted_from) return power::Cut::None;
  counted_from.clear();
  if (steps_seen++ != cut_at_step) return power::Cut::None;
  cut_index = static_cast<int>(step_names.size()) - 1;
  cut_name = step;
  return cut_how;
}

// Two journal segments of 16 MiB, nearly all zeros, are in every state: zeros are copied as holes, which read the same.
void copy_with_holes(const fs::path& from, const fs::path& to) {
  constexpr std::size_t kPiece = 4096;
  const auto in = disk::open(from, O_RDONLY).value();
  const auto out = disk::open(to, O_RDWR | O_CREAT | O_EXCL).value();
  const auto size = disk::size_of(in).value();
  ENSURE(::ftruncate(out.number(), static_cast<off_t>(size)) == 0);
  std::array<std::uint8_t, kPiece> piece;
  for (off_t at = 0; (at = ::lseek(in.number(), at, SEEK_DATA)) >= 0;) {
    const auto hole = ::lseek(in.number(), at, SEEK_HOLE);
    for (; at < hole; at += static_cast<off_t>(kPiece)) {
      const auto bytes = std::span(piece).first(std::min<std::size_t>(kPiece, static_cast<std::size_t>(hole - at)));
      ENSURE(disk::read_at(in, bytes, static_cast<std::uint64_t>(at)));
      if (std::ranges::all_of(bytes, [](auto byte) { return byte == 0; })) continue;
      ENSURE(disk::write_at(out, bytes, static_cast<std::uint64_t>(at)));
    }
    at = hole;
  }
}

RowId row_id(std::uint64_t seq) {
  auto id = RowId::random().bytes();
  const auto head = be(seq);
  std::copy(head.begin(), head.end(), id.begin());
  return RowId(id);
}

}  // namespace

void copy_tree(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const auto& item : fs::recursive_directory_iterator(from)) {
    const auto target = to / item.path().lexically_relative(from);
    if (item.is_directory()) {
      fs::create_directory(target, item.path());
    } else {
      copy_with_holes(item.path(), target);
    }
  }
}

void CutPlan::arm(int at, power::Cut how, std::string_view from) {
  const std::lock_guard lock(plug_mutex);
  counted_from = from;
  cut_index = -1;
  cut_at_step = at;
  cut_how = how;
  steps_seen = 0;
  cut_name.clear();
  step_names.clear();
  armed = true;
  power::set_plug(plug);
}
void CutPlan::disarm() {
  const std::lock_guard lock(plug_mutex);
  armed = false;
  power::set_plug(nullptr);
  power::power_on();
}
int CutPlan::seen() { return steps_seen; }
int CutPlan::cut_at() { return cut_index; }
std::string CutPlan::name_of_cut() { return cut_name; }
std::vector<std::string> CutPlan::steps() { return step_names; }

fs::path quick_place() {
  constexpr std::uintmax_t kRoom = 1u << 30;
  const fs::path memory = "/dev/shm";
  std::error_code failed;
  const auto space = fs::space(memory, failed);
  return !failed && space.available >= kRoom ? memory : fs::temp_directory_path();
}

EpochRig::EpochRig() : hardware_(std::make_unique<TestAppliance>()) {
  fs::create_directories(places().data);
  fs::create_directories(places().state_copy);
  {
    auto anchor = hardware_->open();
    Bytes seed(32, 7);
    std::vector<generations::Entry> first{{{TableId::SigningKeys, copy_of(view_of("certificates"))}, seed}};
    auto made = erasure::Appliance::initialise(places(), hardware_->pins, *anchor, clock_, std::move(first));
    EXPECT_TRUE(made) << (made ? "" : made.error().doing());
  }
  auto started = start();
  EXPECT_TRUE(started) << (started ? "" : started.error().doing());
  for (const char* code : {"132101", "111007", "042021"}) {
    auto made = appliance_->create_tenant(code, code, {}, {false, R"({"operation":"tenant-created"})"});
    EXPECT_TRUE(made) << (made ? "" : made.error().doing());
    tenants.push_back(made.value().id);
    plant(tenants.back(), kRecords);
  }
  stop();
}

Result<void> EpochRig::start() {
  TRY(auto anchor, hardware_->try_open());
  TRY(auto appliance, erasure::Appliance::start(places(), hardware_->pins, std::move(anchor), clock_));
  appliance_ = std::move(appliance);
  return success();
}
void EpochRig::stop() { appliance_.reset(); }
void EpochRig::power_cycle() {
  stop();
  CutPlan::disarm();
  hardware_->tpm.reboot();
}

Planting make_planting(const generations::TenantStore& store, std::uint64_t seq) {
  PlantedRecord planted{RecordId::random(), row_id(seq), "MARKER-" + RecordId::random().hex(), RecordId::random().hex(), {}, {}};
  auto encrypted = crypto::encrypt_row({store.tenant(), planted.row}, view_of(planted.text));
  generations::RecordEntry where;
  where.file = "test";
  where.record = {planted.row, encrypted.key};
  planted.key = encrypted.key;
  planted.token = store.number_token(view_of(planted.number));
  Bytes search{1};
  append(search, planted.token);
  append(search, planted.id.view());
  std::vector<generations::Entry> entries{{{TableId::Records, copy_of(planted.id.view())}, generations::encode_record_entry(where)},
                                          {{TableId::SearchKeys, search}, Bytes{}}};
  return {planted, std::move(entries), {planted.row, std::move(encrypted.bytes)}};
}

void EpochRig::plant(const TenantId& tenant, int count) {
  auto* store = appliance_->tenant(tenant).value();
  auto done = store->change([&](std::uint64_t seq) -> Result<Change> {
    Change change;
    for (int i = 0; i < count; ++i) {
      auto planted = make_planting(*store, seq);
      std::ranges::move(planted.entries, std::back_inserter(change.entries));
      change.rows.push_back(std::move(planted.row));
      records[tenant].push_back(std::move(planted.record));
    }
    change.log = {false, R"({"operation":"planted"})"};
    return change;
  });
  EXPECT_TRUE(done) << (done ? "" : done.error().doing());
}

Result<erasure::BatchOutcome> EpochRig::erase_some(Sweep sweep) {
  std::vector<erasure::ErasureOrder> orders;
  for (int t = 0; t < 2; ++t) {
    erasure::ErasureOrder order;
    order.tenant = tenants[static_cast<std::size_t>(t)];
    for (std::size_t i = 0; i < kErased; ++i) order.records.insert(records.at(order.tenant)[i].id);
    order.declaration = R"({"count":3,"recordFile":"test"})";
    order.log = {false, R"({"operation":"erased"})"};
    orders.push_back(std::move(order));
  }
  return appliance_->run_batch(std::move(orders), 24, sweep);
}

Result<erasure::BatchOutcome> EpochRig::erase_some_more(Sweep sweep) {
  erasure::ErasureOrder order;
  order.tenant = tenants[2];
  order.records.insert(records.at(order.tenant).back().id);
  order.declaration = R"({"count":1,"recordFile":"test"})";
  order.log = {false, R"({"operation":"erased"})"};
  std::vector<erasure::ErasureOrder> orders;
  orders.push_back(std::move(order));
  return appliance_->run_batch(std::move(orders), 24, sweep);
}

void EpochRig::save_disk(const fs::path& into) const { copy_tree(place_.path() / "live", into / "live"); }
void EpochRig::restore_disk(const fs::path& from) { copy_tree(from / "live", place_.path() / "live"); }
void EpochRig::save_all(const fs::path& into) const {
  save_disk(into);
  copy_tree(hardware_->tpm.state(), into / "tpm");
}
void EpochRig::restore_all(const fs::path& from) {
  stop();
  CutPlan::disarm();
  hardware_->tpm.power_cut();
  restore_disk(from);
  copy_tree(from / "tpm", hardware_->tpm.state());
  hardware_->tpm.power_on();
}

std::set<RecordId> EpochRig::readable(const TenantId& tenant) {
  std::set<RecordId> found;
  auto store = appliance_->tenant(tenant);
  EXPECT_TRUE(store) << (store ? "" : store.error().doing());
  if (!store) return found;
  for (const auto& planted : records.at(tenant)) {
    auto entry = store.value()->get({TableId::Records, copy_of(planted.id.view())});
    EXPECT_TRUE(entry) << (entry ? "" : entry.error().doing());
    if (!entry || !entry.value()) continue;
    auto where = generations::decode_record_entry(*entry.value());
    auto row = store.value()->read_row(where.value().record.id, where.value().record.key);
    EXPECT_TRUE(row) << (row ? "" : row.error().doing());
    if (row && text_of(row.value()) == planted.text) found.insert(planted.id);
  }
  return found;
}

}  // namespace shosoin::test
