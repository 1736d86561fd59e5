#include "admin-api/service/repair.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <new>

#include "admin-api/service/space.h"
#include "firmware/base/limits_space.h"
#include "firmware/base/log.h"
#include "storage/engine/engine.h"
#include "storage/journal/recovery.h"

namespace shosoin::service {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using protocol::Channel;
using Kind = protocol::RequestKind;

constexpr const char* kProbeFile = ".write-probe";

Result<void> write_probe(const fs::path& path) {
  TRY(auto file, disk::open(path, O_RDWR | O_CREAT | O_TRUNC));
  const Bytes zeros(limits::kWriteProbe);
  TRY(disk::write_at(file, zeros, 0));
  return disk::sync_data(file);
}

json::object fault(std::string_view where, const Error& error) {
  return {
      {"where", where}, {"what", error.doing()}, {"outside", error.outside()}, {"code", error_row(error.code()).slug}};
}

std::vector<fs::path> environments_of(const fs::path& data) {
  std::vector<fs::path> found{data / "appliance"};
  std::error_code ignored;  // a directory that cannot be listed shows as environments that are missing
  for (fs::directory_iterator at(data / "tenants", ignored), end; !ignored && at != end; at.increment(ignored)) {
    if (at->path().extension() != ".new" && found.size() <= limits::kMaxTenants) found.push_back(at->path());
  }
  return found;
}

}  // namespace

Result<void> probe_writing(const fs::path& data_directory) {
  const auto path = data_directory / kProbeFile;
  auto written = write_probe(path);
  ::unlink(path.c_str());
  return written;
}

bool calls_for_repair(const Error& error) {
  if (error.code() == ErrorCode::StorageFull || error.code() == ErrorCode::StorageFailed) return true;
  return error.code() == ErrorCode::Settings &&
         (error.outside() == EROFS || error.outside() == EACCES || error.outside() == EPERM);
}

Result<std::unique_ptr<Repair>> Repair::enter(const Settings& settings, const Error& cause) {
  auto lock = journal::lock_directory(settings.data_directory / "journal");
  if (!lock && lock.error().code() == ErrorCode::Conflict) return lock.error();
  if (!lock) oplog::failure("repair mode: the journal's directory cannot be locked", lock.error());
  return std::unique_ptr<Repair>(new Repair(settings, cause, lock ? std::move(lock.value()) : disk::Descriptor()));
}

json::object Repair::state() const {
  json::object out{{"mode", "repair"},
                   {"cause", error_row(cause_.code()).slug},
                   {"doing", cause_.doing()},
                   {"outside", cause_.outside()},
                   {"site", settings_.site_label},
                   {"whatToDo", json::object{{"ja", error_row(ErrorCode::RepairMode).ja},
                                             {"en", error_row(ErrorCode::RepairMode).en}}}};
  if (auto free = free_bytes(settings_.data_directory)) out["freeBytes"] = free.value();
  return out;
}

Answer Repair::check_storage() {
  std::unique_lock one_at_a_time(walking_);
  json::array faults;
  std::uint64_t environments = 0, entries = 0, frames = 0;
  for (const auto& directory : environments_of(settings_.data_directory)) {
    auto walked = engine::walk_at_rest(directory);
    if (!walked && walked.error().code() == ErrorCode::OutOfMemory) return walked.error();  // no damage was found
    if (!walked) {
      faults.push_back(fault(directory.filename().native(), walked.error()));
      continue;
    }
    ++environments;
    entries += walked.value().entries;
  }
  auto journal = journal::walk_at_rest(settings_.data_directory / "journal");
  if (journal) {
    frames = journal.value().frames;
  } else {
    faults.push_back(fault("journal", journal.error()));
  }
  const bool sound = faults.empty();
  return json::object{{"report", json::object{{"mode", "repair"},
                                              {"keys", false},  // what is in the boxes was not looked at
                                              {"sound", sound},
                                              {"environments", environments},
                                              {"entries", entries},
                                              {"journalFrames", frames},
                                              {"faults", std::move(faults)}}}};
}

Answer Repair::walk_journal() {
  std::unique_lock one_at_a_time(walking_);
  TRY(auto found, journal::walk_at_rest(settings_.data_directory / "journal"));
  json::array tenants;
  for (const auto& [tenant, line] : found.lines)
    tenants.push_back(json::object{{"tenant", tenant.hex()}, {"lines", line}});
  return json::object{{"mode", "repair"},
                      {"chain", "intact"},
                      {"frames", found.frames},
                      {"tornTail", found.torn_tail},
                      {"tenants", std::move(tenants)}};
}

// A session cannot be checked without keys. Who reaches the local socket may read the data directory anyway, and hears
// no more here than is to be seen there.
Answer Repair::answer(const protocol::Request& request, Channel channel) {
  const Error refused{ErrorCode::RepairMode, "serve while the data cannot be written"};
  if (request.kind == Kind::Health) {
    return json::object{
        {"alive", true}, {"ready", false}, {"mode", "repair"}, {"cause", error_row(cause_.code()).slug}};
  }
  if (channel != Channel::Local) return refused;
  if (request.kind == Kind::Status) return state();
  if (request.kind == Kind::StorageCheck) return check_storage();
  if (request.kind == Kind::JournalWalk) return walk_journal();
  return refused;
}

Service::Outcome Repair::handle(const protocol::Request& request, Channel channel) {
  Service::Outcome outcome;
  try {
    const auto result = answer(request, channel);
    if (result) {
      outcome.reply = {0, request.id, json::serialize(result.value())};
    } else {
      const auto& error = result.error();
      const json::object body{{"code", error_row(error.code()).slug}, {"detail", json::object{{"en", error.doing()}}}};
      outcome.reply = {protocol::status_of(error.code()), request.id, json::serialize(body)};
    }
  } catch (const std::bad_alloc&) {
    outcome.reply = {protocol::status_of(ErrorCode::OutOfMemory), request.id, {}};
  }
  return outcome;
}

}  // namespace shosoin::service
