#include "admin-api/service/drill.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <map>

#include "admin-api/service/installation_lock.h"
#include "admin-api/service/vault.h"
#include "crypto/row.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "storage/erasure/old_image.h"
#include "storage/generations/records_entry.h"
#include "storage/journal/recovery.h"

namespace shosoin::service {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMarkers = 6;  // of which the first half is erased

struct Marker {
  RecordId id;
  RowId row;
  crypto::RowKey key{};
  Digest token{};    // of its number, as the search index holds it
  std::string text;  // what its row holds
};

RowId row_id(std::uint64_t seq) {
  auto id = RowId::random().bytes();
  const auto head = be(seq);
  std::ranges::copy(head, id.begin());
  return RowId(id);
}

Result<std::vector<Marker>> plant(TenantStore& store) {
  std::vector<Marker> markers;
  TRY(store.change([&](std::uint64_t seq) -> Result<generations::Change> {
    markers.clear();
    generations::Change change;
    std::map<EntryKey, std::optional<Bytes>> entries;
    for (std::size_t i = 0; i < kMarkers; ++i) {
      Marker marker{RecordId::random(), row_id(seq), {}, {}, "訓練の目印 / drill marker " + RecordId::random().hex()};
      auto encrypted = crypto::encrypt_row({store.tenant(), marker.row}, view_of(marker.text));
      marker.key = encrypted.key;
      marker.token = store.number_token(marker.id.view());
      generations::RecordEntry entry;
      entry.file = "drill";
      entry.record = {marker.row, encrypted.key};
      entries[{TableId::Records, copy_of(marker.id.view())}] = generations::encode_record_entry(entry);
      entries[{TableId::SearchKeys, Writer{}.u8(1).raw(marker.token).raw(marker.id.view()).take()}] = Bytes{};
      change.rows.push_back({marker.row, std::move(encrypted.bytes)});
      markers.push_back(std::move(marker));
    }
    for (auto& [key, value] : entries) change.entries.push_back({key, std::move(value)});
    change.log = {false, R"({"operation":"drill-planted"})"};
    return change;
  }));
  return markers;
}

Result<TenantStore*> drill_tenant(erasure::Appliance& appliance) {
  auto facts = appliance.find_tenant(kDrillTenant);
  if (!facts && facts.error().code() == ErrorCode::NotFound) {
    facts = appliance.create_tenant(std::string(kDrillTenant), "訓練 / drill", {},
                                    {false, R"({"operation":"drill-tenant-created"})"});
  }
  TRY(const auto tenant, std::move(facts));
  TRY(auto* store, appliance.tenant(tenant.id));
  TRY(store->ensure_log_keys());
  return store;
}

Result<void> copy_disks(const Settings& settings, const fs::path& image) {
  TRY(disk::make_directory(image));
  std::error_code failed;
  fs::copy(settings.data_directory, image / "data", fs::copy_options::recursive, failed);
  if (!failed) fs::create_directory(image / "state-copy", failed);
  for (fs::directory_iterator item(settings.state_copy_directory, failed), end; !failed && item != end;
       item.increment(failed)) {
    if (item->path().filename() == "backups") continue;  // copies of copies
    fs::copy(item->path(), image / "state-copy" / item->path().filename(), fs::copy_options::recursive, failed);
  }
  return failed ? Result<void>(Error{ErrorCode::Unavailable, "copy the disks for a drill", failed.value()}) : success();
}

// How much of what a marker stands for an attacker holds.
struct Held {
  std::size_t keys = 0, presences = 0;
};
Held held_of(const erasure::Loot& loot, std::span<const Marker> markers) {
  Held held;
  for (const auto& marker : markers) {
    held.keys += loot.holds(marker.key) ? 1 : 0;
    held.presences += loot.holds(marker.token) ? 1 : 0;
  }
  return held;
}

struct Words {
  std::string_view ja, en;
};
Words words_of(const erasure::AttemptResult& result) {
  using erasure::Attempt;
  switch (result.attempt) {
    case Attempt::UnsealHalf:
      return result.opened ? Words{"封印された半分S(e)はTPMが開いた", "the TPM opened the sealed half S(e)"}
                           : Words{"TPMは封印された半分S(e)を開かない: 連鎖と計数器が先へ進んでいる",
                                   "the TPM refuses the sealed half S(e): its chain and counter have moved on"};
    case Attempt::ReadSlot:
      return result.opened ? Words{"もう半分K(e)は鍵領域にある", "the other half K(e) is in its slot"}
                           : Words{"もう半分K(e)はもうない: 鍵領域は公開の値で上書きされている",
                                   "the other half K(e) is gone: its slot holds a public value"};
    case Attempt::OpenTable:
      return result.opened
                 ? Words{"団体の表が開いた", "the tenant table opened"}
                 : Words{"団体の表は、残るどの鍵でも開かない", "the tenant table opens under no key that is left"};
    case Attempt::OpenTenant:
      return result.opened ? Words{"団体の世代が開いた", "a tenant's generation opened"}
                           : Words{"団体の世代は開かない", "a tenant's generation does not open"};
  }
  return {};
}

json::array told_attempts(const erasure::Loot& loot) {
  json::array out;
  for (const auto& attempt : loot.attempts) {
    const auto words = words_of(attempt);
    out.push_back(json::object{{"epoch", attempt.epoch},
                               {"opened", attempt.opened},
                               {"tpmCode", attempt.outside},
                               {"ja", words.ja},
                               {"en", words.en}});
  }
  return out;
}

struct Drill {
  std::vector<Marker> markers;
  std::span<const Marker> erased() const { return std::span(markers).first(kMarkers / 2); }
  std::span<const Marker> kept() const { return std::span(markers).last(kMarkers - kMarkers / 2); }
};

Result<erasure::BatchOutcome> erase(erasure::Appliance& appliance, const TenantStore& store, const Drill& drill,
                                    int daily_cap) {
  erasure::ErasureOrder order;
  order.tenant = store.tenant();
  for (const auto& marker : drill.erased()) order.records.insert(marker.id);
  order.declaration =
      R"({"count":)" + std::to_string(order.records.size()) + R"(,"ground":"訓練 / drill","recordFile":"drill"})";
  order.log = {false, R"({"operation":"drill-erased"})"};
  std::vector<erasure::ErasureOrder> orders;
  orders.push_back(std::move(order));
  return appliance.run_batch(std::move(orders), daily_cap);
}

Result<bool> is_for_demonstration(const Settings& settings) {
  if (settings.hardware_only) return false;
  TRY(const auto facts, tpm::Anchor::examine(settings.tcti));
  return facts.software;
}

json::object told_held(const Held& held) { return {{"keys", held.keys}, {"presences", held.presences}}; }

}  // namespace

Result<json::object> drill_old_image(const Settings& settings, const fs::path& image, const Clock& clock) {
  {  // before the TPM is asked, which another process may be holding
    TRY(const auto alone, journal::lock_directory(settings.data_directory / "journal"));
  }
  TRY(const auto installation, lock_installation(settings.data_directory));
  TRY(const bool allowed, is_for_demonstration(settings));  // before anything of a production installation is started
  if (!allowed)
    return Error{ErrorCode::NotPermitted, "hold a drill on an installation that is not for demonstration or tests"};
  if (fs::exists(image)) return Error{ErrorCode::Conflict, "copy the disks to a place that exists already"};
  TRY(auto opened, open_appliance(settings, clock));
  auto& appliance = *opened.appliance;
  TRY(auto* store, drill_tenant(appliance));
  Drill drill;
  TRY(drill.markers, plant(*store));
  TRY(copy_disks(settings, image));
  const erasure::Image copy{image / "data", image / "state-copy"};
  // Before the erasure the copy must open: otherwise the drill shows nothing.
  TRY(const auto before, erasure::attack(copy, appliance.anchor()));
  const auto control = held_of(before, drill.markers);
  TRY(const auto outcome, erase(appliance, *store, drill, settings.daily_batches));
  TRY(const auto after, erasure::attack(copy, appliance.anchor()));
  const auto found = held_of(after, drill.erased());
  // The live service goes on serving what stays.
  std::size_t live = 0;
  for (const auto& marker : drill.kept()) {
    TRY(const auto row, store->read_row(marker.row, marker.key));
    live += text_of(row) == marker.text ? 1 : 0;
  }
  const bool passed = control.keys == kMarkers && control.presences == kMarkers && found.keys == 0 &&
                      found.presences == 0 && live == drill.kept().size();
  return json::object{{"passed", passed},
                      {"epoch", outcome.epoch},
                      {"certificates", json::array{json::string(outcome.serials.front())}},
                      {"image", image.string()},
                      {"planted", kMarkers},
                      {"erased", drill.erased().size()},
                      {"foundBeforeErasure", told_held(control)},
                      {"foundAfterErasure", told_held(found)},
                      {"liveReadable", live},
                      {"attempts", told_attempts(after)}};
}

}  // namespace shosoin::service
