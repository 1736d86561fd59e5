// Repair mode: the vault cannot write where its data are. It holds no key and has asked the TPM nothing; it says so,
// and on the local socket walks what can be walked without keys. Everything else is refused. It ends, to be started
// anew, as soon as writing works (decision 0013). probe_writing: the main thread; handle: any thread.
#pragma once

#include <mutex>

#include "admin-api/service/service.h"
#include "firmware/base/disk.h"

namespace shosoin::service {

// Writes, syncs and removes a file in the data directory. NotFound: there is no such directory.
Result<void> probe_writing(const std::filesystem::path& data_directory);
// Whether a start that met this error ends in repair mode.
bool calls_for_repair(const Error& error);

class Repair {
 public:
  // Conflict: another vault runs on these data.
  static Result<std::unique_ptr<Repair>> enter(const Settings& settings, const Error& cause);
  Service::Outcome handle(const protocol::Request& request, protocol::Channel channel);

 private:
  Repair(const Settings& settings, const Error& cause, disk::Descriptor lock)
      : settings_(settings), cause_(cause), lock_(std::move(lock)) {}
  boost::json::object state() const;
  Answer answer(const protocol::Request& request, protocol::Channel channel);
  Answer check_storage();
  Answer walk_journal();

  const Settings& settings_;
  const Error cause_;
  disk::Descriptor lock_;
  std::mutex walking_;  // LMDB must not have one environment open twice
};

}  // namespace shosoin::service
