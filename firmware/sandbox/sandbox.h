// System-call confinement of the two daemons (seccomp-bpf). Called once, before any thread is started and after everything that
// needs more (dynamic loading of the TCTI, binding sockets) is done. A refused call answers EPERM; a call that could only mean
// an exploit (execve, ptrace, ...) ends the process.
#pragma once

#include "firmware/base/result.h"

namespace shosoin::sandbox {

enum class Profile {
  Vault,  // files, unix sockets, the TPM; no inet sockets, no exec
  Gate,   // accepted inet sockets, unix sockets; no file writing, no exec
};
Result<void> confine(Profile profile);

}  // namespace shosoin::sandbox
