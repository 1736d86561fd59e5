#include "admin-api/service/restore.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "admin-api/service/init.h"
#include "admin-api/service/installation_lock.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/restore_attempts.h"
#include "admin-api/service/retention/erasures.h"
#include "admin-api/service/space.h"
#include "admin-api/service/vault.h"
#include "crypto/password.h"
#include "crypto/totp.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "firmware/base/limits_backup.h"
#include "firmware/base/log.h"
#include "storage/backup/backup.h"
#include "storage/erasure/restore.h"
#include "storage/journal/copy.h"
#include "storage/journal/journal.h"

namespace shosoin::service {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Result<void> check_data_directory(const fs::path& data) {
  std::error_code failed;
  const bool free = !fs::exists(data, failed) || (fs::is_directory(data, failed) && fs::is_empty(data, failed));
  return free ? success()
              : Result<void>(
                    Error{ErrorCode::Conflict, "restore into a data directory that is not empty: move it away first"});
}

// What is renamed must be whole on the disk: names too, not only what the files hold.
Result<void> sync_tree(const fs::path& directory) {
  std::error_code failed;
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->is_symlink() && at->is_directory()) {
      TRY(disk::sync_directory(at->path()));
    }
  }
  if (failed) return Error{ErrorCode::StorageFailed, "list the directories of a restore", failed.value()};
  return disk::sync_directory(directory);
}

Result<void> copy_whole(const fs::path& from, const fs::path& to) {
  TRY(const auto in, disk::open(from, O_RDONLY));
  TRY(const auto out, disk::open(to, O_RDWR | O_CREAT | O_EXCL));
  TRY(const auto size, disk::size_of(in));
  Bytes piece;
  for (std::uint64_t done = 0; done < size; done += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - done, limits::kBackupPiece)));
    TRY(disk::read_at(in, piece, done));
    TRY(disk::write_at(out, piece, done));
  }
  return disk::sync_data(out);
}

// Checked again after it was copied: what is restored is what was verified.
Result<void> lay_out(const fs::path& backup, const backup::Manifest& manifest, const fs::path& fresh) {
  TRY(disk::make_directory(fresh));
  for (const auto& file : manifest.files) {
    std::error_code failed;
    fs::create_directories((fresh / file.name).parent_path(), failed);
    if (failed) return Error{ErrorCode::StorageFailed, "make a directory of a restore", failed.value()};
    TRY(copy_whole(backup / file.name, fresh / file.name));
    TRY(const auto copied, backup::facts_of(fresh, file.name));
    if (copied.digest != file.digest) return Error{ErrorCode::Integrity, "copy a file of a backup"};
  }
  TRY(disk::make_directory(fresh / "tenants"));
  std::error_code ignored;
  for (fs::recursive_directory_iterator item(fresh, ignored), end; !ignored && item != end; item.increment(ignored)) {
    if (item->is_directory()) fs::permissions(item->path(), fs::perms::owner_all, ignored);
  }
  return success();
}

// Of another installation, or the backup itself, it would say that nothing was lost.
Result<void> check_goes_on(const journal::Journal& remains, const fs::path& backed_up) {
  Digest last{};
  bool found = false, goes_on = false;
  TRY(const auto journal, journal::Journal::open(backed_up, false));
  TRY(journal->walk([&](const journal::Frame& frame) {
    last = frame.hash;
    return true;
  }));
  TRY(remains.walk([&](const journal::Frame& frame) {
    goes_on = found;
    found = found || frame.hash == last;
    return !goes_on;
  }));
  if (goes_on) return success();
  return Error{
      ErrorCode::InvalidContent,
      "read --remains: its log does not go on behind this backup (the backup itself, or another installation?)"};
}

// The journal of the lost data says how far it had come; it is read from a copy, so that nothing of it changes.
Result<std::map<TenantId, std::uint64_t>> known_from(const fs::path& remains, const fs::path& fresh) {
  std::map<TenantId, std::uint64_t> known;
  if (remains.empty()) return known;
  const auto copy = fresh / "remains";
  auto copied = journal::copy_segments(remains / "journal", copy);
  if (!copied && copied.error().code() == ErrorCode::NotFound) {
    return Error{ErrorCode::InvalidContent, "read --remains: find a data directory with its journal"};
  }
  TRY(std::move(copied));
  TRY(const auto journal, journal::Journal::open(copy, false));
  TRY(check_goes_on(*journal, fresh / "journal"));
  for (const auto& [tenant, position] : journal->positions()) known[tenant] = position.change_seq;
  return known;
}

// Accepted time does not go back because what is stored did (DESIGN section 6, decision 0080).
Result<json::object> bring_time_on(erasure::Appliance& appliance, const erasure::Restoration& restored,
                                   const Settings& inside) {
  const auto copy = inside.data_directory / "remains";
  const auto present = restored.tenants.front().present;  // of the appliance, which is the first
  std::error_code ignored;
  if (!fs::exists(copy, ignored)) return restore_watermark(appliance, present, nullptr, inside.clock_off_time);
  TRY(auto journal, journal::Journal::open(copy, false));
  TRY(auto told, restore_watermark(appliance, present, journal.get(), inside.clock_off_time));
  journal.reset();
  fs::remove_all(copy, ignored);
  return told;
}

struct Declarer {
  Person person;
  json::object shown;
};

// As the restored state knows them: who was disabled or locked when the backup was made is so again.
Result<Declarer> check_person(const TenantStore& zero, const Factors& factors, Instant now) {
  const Error refused{ErrorCode::NotAuthenticated, "check password and code of a person who declares a restore"};
  TRY(auto person, find_person(zero, factors.id));
  const auto hash = person ? person->password_hash : crypto::unknown_person_hash();
  TRY(const bool holds, crypto::password_holds(hash, factors.password));
  if (!person || !holds || person->disabled || person->is_locked(false, now)) return refused;
  const auto step = crypto::match_totp(person->totp.reveal(), factors.code, now, person->last_step);
  if (!step) return refused;
  person->last_step = *step;
  if (!belongs_to_appliance(person->role)) return Error{ErrorCode::NotPermitted, "declare a restore"};
  json::object shown{{"operatorId", person->id}, {"name", person->name}, {"role", role_name(person->role)}};
  return Declarer{std::move(*person), std::move(shown)};
}

Result<std::array<Declarer, 2>> check_persons(const TenantStore& zero, const RestoreInput& input, Instant now) {
  TRY(auto first, check_person(zero, input.persons[0], now));
  TRY(auto second, check_person(zero, input.persons[1], now));
  if (same_human(first.person, second.person)) return Error{ErrorCode::SamePerson, "declare a restore as two persons"};
  if (first.person.role != Role::SecurityOfficer && second.person.role != Role::SecurityOfficer)
    return Error{ErrorCode::NotPermitted, "declare a restore without a security officer"};
  return std::array{std::move(first), std::move(second)};
}

// Without the old journal nobody knows what came behind the backup: "nothing" would be a lie.
constexpr std::string_view kNotKnown =
    "わからない: 古いデータのログ(--remains)がないので、バックアップの後の変更がどこまであったかは不明 / not known: "
    "without the journal of the old data (--remains) nobody can say how far changes behind the backup went";

constexpr std::string_view kNothingLost = "なし / none";

// That it opens says nothing about what is lost: the one is `opens`, the other `lost`, `lostFrom` and `lostTo`.
json::object told_of(const erasure::RestoredTenant& tenant, bool remains) {
  json::object out{{"opens", tenant.whole},
                   {"lastSequencePresent", tenant.present},
                   {"lastSequenceKnown", tenant.known},
                   {"sequenceGoesOnAfter", tenant.line},
                   {"rowsLost", tenant.lost_rows},
                   {"rowsDropped", tenant.dropped_rows}};
  if (tenant.known > tenant.present) out["lostFrom"] = tenant.present + 1;
  if (tenant.known > tenant.present && remains) out["lostTo"] = tenant.known;
  if (!remains) {
    out["lost"] = kNotKnown;
  } else if (tenant.whole && tenant.known <= tenant.present && tenant.lost_rows == 0) {
    out["lost"] = kNothingLost;
  }
  return out;
}

json::object declaration_of(const erasure::Appliance& appliance, const backup::Verified& backup,
                            const erasure::Restoration& restored, const std::array<Declarer, 2>& by, Instant now,
                            bool remains) {
  json::array tenants;
  const auto known = appliance.tenants();
  for (const auto& tenant : restored.tenants) {
    auto one = told_of(tenant, remains);
    const auto facts = std::ranges::find(known, tenant.tenant, &erasure::TenantFacts::id);
    if (facts != known.end()) one["localGovernmentCode"] = facts->code;
    one["tenant"] = tenant.tenant == kAppliance ? std::string("appliance") : tenant.tenant.hex();
    tenants.push_back(std::move(one));
  }
  return {{"operation", "restore-declared"},
          {"backupDigest", to_hex(backup.digest)},
          {"backupMadeAt", to_iso8601(backup.manifest.made_at)},
          {"backupEpoch", backup.manifest.epoch},
          {"epoch", restored.epoch},
          {"remainsRead", remains},
          {"declaredBy", json::array{by[0].shown, by[1].shown}},
          {"declaredAt", to_iso8601(now)},
          {"tenants", std::move(tenants)}};
}

// Codes are consumed and every session of the backup ends with the same change that declares. The batch of the day
// counts from here: one right after the start would erase what was put on hold since the backup, before anybody could
// put it on hold again.
Result<void> declare(TenantStore& zero, const json::object& declaration, const std::array<Declarer, 2>& by,
                     Instant now) {
  const auto moment = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::vector<Entry> entries{
      person_entry(by[0].person), person_entry(by[1].person), {last_batch_key(), Writer{}.u64(moment).take()}};
  TRY(zero.scan(TableId::Sessions, {}, [&](const Entry& entry) {
    entries.push_back({entry.key, std::nullopt});
    return true;
  }));
  TRY(zero.change([&](std::uint64_t) -> Result<generations::Change> {
    return generations::Change{std::move(entries), {}, {}, log_entry(declaration)};
  }));
  return success();
}

Result<void> tell_tenants(erasure::Appliance& appliance, const json::object& declaration,
                          const erasure::Restoration& restored, bool remains) {
  for (const auto& tenant : restored.tenants) {
    if (tenant.tenant == kAppliance || !tenant.whole) continue;
    TRY(auto* store, appliance.tenant(tenant.tenant));
    TRY(store->ensure_log_keys());
    auto line = declaration;
    line.erase("tenants");
    line["restored"] = told_of(tenant, remains);
    TRY(store->log(log_entry(line)));
  }
  return success();
}

Result<json::object> restore_in(const Settings& inside, const RestoreInput& input, const backup::Verified& verified,
                                const Clock& clock) {
  const auto now = clock.now();
  const auto& fresh = inside.data_directory;
  TRY(lay_out(input.backup, verified.manifest, fresh));
  TRY(const auto known, known_from(input.remains, fresh));
  erasure::Restoration restored;
  {
    TRY(auto opened, open_anchor(inside));
    TRY(restored, erasure::fit_to_tpm({fresh, inside.state_copy_directory}, *opened.anchor, known, now));
  }
  TRY(auto opened, open_appliance(inside, clock));
  auto& appliance = *opened.appliance;
  TRY(const auto persons, check_persons(appliance.zero(), input, now));
  const bool remains = !input.remains.empty();
  auto declaration = declaration_of(appliance, verified, restored, persons, now, remains);
  TRY(declaration["clock"], bring_time_on(appliance, restored, inside));
  TRY(declare(appliance.zero(), declaration, persons, now));
  TRY(tell_tenants(appliance, declaration, restored, remains));
  TRY(appliance.merge(appliance.zero(), {}));  // and the state copy, which knows the generations of before
  return declaration;
}

}  // namespace

Result<void> can_be_put_in_place(const fs::path& data) {
  struct stat parent {
  }, own{};
  if (::stat(data.parent_path().c_str(), &parent) != 0)
    return Error{ErrorCode::Settings, "restore: find the directory above the data directory", errno};
  if (::stat(data.c_str(), &own) == 0 && own.st_dev != parent.st_dev) {
    return Error{
        ErrorCode::Settings,
        "restore: the data directory is a mount point; unmount it, or name a directory below it in the settings"};
  }
  return success();
}

Factors::~Factors() {
  memory::wipe(password);
  memory::wipe(code);
}

Result<json::object> restore_appliance(const Settings& settings, const RestoreInput& input, const Clock& clock,
                                       std::string* at) {
  const auto say = [&](std::string_view words) {
    if (at != nullptr) *at = words;
  };
  say("保管庫か別のコマンドが動いています。止めてから復元してください / a vault or another command is running: stop it "
      "first");
  TRY(const auto alone, lock_installation(settings.data_directory));
  say("データディレクトリが空ではありません。別の場所へ移してください / the data directory is not empty: move it away");
  TRY(check_data_directory(settings.data_directory));
  say("データディレクトリがマウントポイントです。外すか、その下のディレクトリを設定してください / the data directory "
      "is a "
      "mount point: unmount it, or name a directory below it in the settings");
  TRY(can_be_put_in_place(settings.data_directory));
  RestoreAttempts attempts(settings.data_directory);
  say("パスワードか認証コードの間違いが続きました。最後の間違いから一日待ってください / too many wrong passwords or "
      "codes: wait a day after the last one");
  TRY(attempts.begin(clock.now()));
  say({});
  backup::Fault fault;
  const auto verified = backup::verify(input.backup, fault);
  if (!verified) {
    if (at != nullptr) *at = fault.name;
    TRY(attempts.forgive());
    return verified.error();
  }
  Settings inside = settings;
  inside.data_directory += ".restoring";
  std::error_code ignored;
  fs::remove_all(inside.data_directory, ignored);
  auto declared = restore_in(inside, input, verified.value(), clock);
  if (declared) {
    if (auto synced = sync_tree(inside.data_directory); !synced) declared = synced.error();
  }
  if (!declared) {
    // Only a wrong password or code counts: it was counted before it was looked at.
    if (declared.error().code() != ErrorCode::NotAuthenticated) {
      TRY(attempts.forgive());
    }
    fs::remove_all(inside.data_directory, ignored);
    return declared;
  }
  TRY(attempts.forget());
  fs::remove(settings.data_directory, ignored);  // where it is there, it is empty
  TRY(disk::rename(inside.data_directory, settings.data_directory));
  return declared;
}

// As much as all that is copied, and the reserve besides.
Result<void> room_for_backup(const Settings& settings) {
  std::uint64_t wanted = settings.reserve_bytes;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(settings.data_directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code gone;  // files come and go while the vault serves
    const auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) wanted += size;
  }
  if (failed) return Error{ErrorCode::Unavailable, "look at what a backup would copy", failed.value()};
  TRY(const auto free, free_bytes(settings.state_copy_directory));
  if (free < wanted)
    return Error{ErrorCode::StorageFull, "make a backup: room for it and the reserve beside the state copy"};
  return success();
}

Result<json::object> verify_backup(const fs::path& directory, std::string* at) {
  backup::Fault fault;
  const auto verified = backup::verify(directory, fault);
  if (!verified) {
    if (at != nullptr) *at = fault.name;
    return verified.error();
  }
  const auto& found = verified.value();
  return json::object{{"sound", true},
                      {"backupDigest", to_hex(found.digest)},
                      {"madeAt", to_iso8601(found.manifest.made_at)},
                      {"epoch", found.manifest.epoch},
                      {"tenants", found.manifest.tenants.size() - 1},
                      {"files", found.manifest.files.size()},
                      {"bytes", found.bytes},
                      {"pages", found.pages},
                      {"journalFrames", found.frames}};
}

}  // namespace shosoin::service
