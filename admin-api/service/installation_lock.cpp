#include "admin-api/service/installation_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace shosoin::service {

Result<disk::Descriptor> lock_installation(const std::filesystem::path& data_directory) {
  auto place = data_directory;
  place += ".lock";
  TRY(auto lock, disk::open(place, O_RDWR | O_CREAT));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) == 0) return lock;
  const int number = errno;
  if (number == EWOULDBLOCK)
    return Error{ErrorCode::Conflict, "use an installation that a vault or another command is using: stop it first"};
  return Error{disk::code_of(number), "lock the installation", number};
}

}  // namespace shosoin::service
