#include "firmware/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "firmware/memory/secret.h"
#include "tests/firmware/sandbox/confined_child.h"

namespace shosoin::sandbox {
namespace {

using testing::outcome;

class Sandbox : public ::testing::TestWithParam<Profile> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sandbox-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(file()) << "content";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file() const { return folder_ / "file"; }
  std::string other() const { return folder_ / "other"; }
  std::filesystem::path folder_;
};
class VaultSandbox : public Sandbox {};
class GateSandbox : public Sandbox {};
INSTANTIATE_TEST_SUITE_P(BothDaemons, Sandbox, ::testing::Values(Profile::Vault, Profile::Gate),
                         [](const auto& tested) { return tested.param == Profile::Vault ? "Vault" : "Gate"; });

long fail_unless(bool truth) {
  if (!truth && errno == 0) errno = ENOTRECOVERABLE;
  return truth ? 0 : -1;
}

// -- both daemons: what ends the process. The arguments are invalid, so that nothing happens where the filter fails.

TEST_P(Sandbox, EndsTheProcessAtCallsOnlyAnIntruderMakes) {
  const std::pair<const char*, long> calls[] = {{"execve", SYS_execve},
                                                {"execveat", SYS_execveat},
                                                {"ptrace", SYS_ptrace},
                                                {"process_vm_readv", SYS_process_vm_readv},
                                                {"process_vm_writev", SYS_process_vm_writev},
                                                {"pidfd_getfd", SYS_pidfd_getfd},
                                                {"init_module", SYS_init_module},
                                                {"finit_module", SYS_finit_module},
                                                {"delete_module", SYS_delete_module},
                                                {"kexec_load", SYS_kexec_load},
                                                {"bpf", SYS_bpf},
                                                {"perf_event_open", SYS_perf_event_open},
                                                {"userfaultfd", SYS_userfaultfd},
                                                {"keyctl", SYS_keyctl},
                                                {"mount", SYS_mount},
                                                {"umount2", SYS_umount2},
                                                {"pivot_root", SYS_pivot_root},
                                                {"chroot", SYS_chroot},
                                                {"setns", SYS_setns},
                                                {"open_by_handle_at", SYS_open_by_handle_at},
                                                {"swapon", SYS_swapon},
                                                {"reboot", SYS_reboot},
                                                {"clock_settime", SYS_clock_settime}};
  for (const auto& [name, number] : calls) {
    EXPECT_EQ(outcome(GetParam(), [&] { return ::syscall(number, -1L, 0L, -1L, -1L, -1L); }), "killed") << name;
  }
}
TEST_P(Sandbox, EndsTheProcessThatStartsAProgram) {
  EXPECT_EQ(outcome(GetParam(), [] { return ::execl("/bin/true", "true", nullptr); }), "killed");
}

// -- both daemons: what answers EPERM

TEST_P(Sandbox, RefusesSocketsOfEveryFamilyButUnix) {
  for (int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG}) {
    EXPECT_EQ(outcome(GetParam(), [&] { return ::socket(family, SOCK_STREAM, 0); }), "refused") << family;
  }
}
TEST_P(Sandbox, RefusesToBindAndToListen) {
  const auto bind_somewhere = [] {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address.sun_family);
  };
  EXPECT_EQ(outcome(GetParam(), bind_somewhere), "refused");
  EXPECT_EQ(outcome(GetParam(), [] { return ::listen(::socket(AF_UNIX, SOCK_STREAM, 0), 1); }), "refused");
}
TEST_P(Sandbox, RefusesNewProcesses) {
  EXPECT_EQ(outcome(GetParam(), [] { return ::fork(); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [] { return ::syscall(SYS_fork); }), "refused");
}
TEST_P(Sandbox, RefusesThreadsInNewNamespaces) {
  EXPECT_EQ(outcome(GetParam(), [] { return ::syscall(SYS_clone, CLONE_THREAD | CLONE_NEWUSER, 0L, 0L, 0L, 0L); }),
            "refused");
}
TEST_P(Sandbox, RefusesMemoryThatCanBeExecuted) {
  const auto map_executable = [] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1L : 0L;
  };
  const auto make_executable = [] {
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return long{::mprotect(page, 4096, PROT_READ | PROT_EXEC)};
  };
  EXPECT_EQ(outcome(GetParam(), map_executable), "refused");
  EXPECT_EQ(outcome(GetParam(), make_executable), "refused");
}
TEST_P(Sandbox, RefusesToBecomeDumpableAgain) {
  EXPECT_EQ(outcome(GetParam(), [] { return ::prctl(PR_SET_DUMPABLE, 1); }), "refused");
}
TEST_P(Sandbox, RefusesToRaiseLimits) {
  const rlimit limit{10, 10};
  EXPECT_EQ(outcome(GetParam(), [&] { return ::setrlimit(RLIMIT_CORE, &limit); }), "refused");
}
TEST_P(Sandbox, RefusesSignalsToOtherProcesses) {
  const pid_t parent = ::getpid();
  EXPECT_EQ(outcome(GetParam(), [&] { return ::kill(parent, 0); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [&] { return ::syscall(SYS_tgkill, parent, parent, 0); }), "refused");
}
TEST_P(Sandbox, RefusesChangesOfIdentityOwnershipAndDevices) {
  EXPECT_EQ(outcome(GetParam(), [] { return ::setuid(1); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [&] { return ::chown(file().c_str(), 1, 1); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [&] { return ::mknod(other().c_str(), S_IFIFO | 0600, 0); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [&] { return ::symlink("/", other().c_str()); }), "refused");
}
TEST_P(Sandbox, RefusesRoundaboutWaysToFilesAndCalls) {
  EXPECT_EQ(outcome(GetParam(), [] { return ::syscall(SYS_memfd_create, "x", 0); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [] { return ::syscall(SYS_io_uring_setup, 1, 0L); }), "refused");
  EXPECT_EQ(outcome(GetParam(), [] { return ::syscall(SYS_openat2, AT_FDCWD, "/", 0L, 0L); }), "refused");
}

// -- both daemons: what must go on working

TEST_P(Sandbox, LetsThreadsStartAndWork) {
  EXPECT_EQ(outcome(GetParam(),
                    [] {
                      std::atomic<int> sum{0};
                      {
                        std::vector<std::jthread> threads;
                        for (int i = 1; i <= 8; ++i) threads.emplace_back([&sum, i] { sum += i; });
                      }
                      return fail_unless(sum == 36);
                    }),
            "done");
}
TEST_P(Sandbox, LetsSecretsBeMade) {
  EXPECT_EQ(outcome(GetParam(),
                    [] {
                      const auto secret = AuthValue::random();
                      const auto copy = secret.duplicate();
                      return copy.expose([](ByteView bytes) { return fail_unless(bytes.size() == 32); });
                    }),
            "done");
}
TEST_P(Sandbox, LetsUnixSocketsConnectAndTalk) {
  const std::string path = folder_ / "socket";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(outcome(GetParam(),
                    [&] {
                      const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
                      if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
                        return -1L;
                      const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
                      if (::send(socket, "hello", 5, MSG_NOSIGNAL) != 5) return -1L;
                      char got[5];
                      return fail_unless(::recv(accepted, got, sizeof got, 0) == 5);
                    }),
            "done");
  ::close(listener);
}
TEST_P(Sandbox, LetsAnInheritedInternetSocketBeAccepted) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(outcome(GetParam(),
                    [&] {
                      const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
                      return fail_unless(accepted >= 0 && ::send(accepted, "x", 1, MSG_NOSIGNAL) == 1);
                    }),
            "done");
  ::close(client);
  ::close(listener);
}
TEST_P(Sandbox, LetsEventsTimersAndClocksWork) {
  EXPECT_EQ(outcome(GetParam(),
                    [] {
                      const int events = ::epoll_create1(EPOLL_CLOEXEC);
                      const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
                      const itimerspec soon{{}, {0, 1'000'000}};
                      epoll_event event{.events = EPOLLIN, .data = {}};
                      if (::timerfd_settime(timer, 0, &soon, nullptr) != 0) return -1L;
                      if (::epoll_ctl(events, EPOLL_CTL_ADD, timer, &event) != 0) return -1L;
                      std::this_thread::sleep_for(std::chrono::milliseconds(1));
                      return fail_unless(::epoll_wait(events, &event, 1, 2000) == 1);
                    }),
            "done");
}
TEST_P(Sandbox, LetsFilesAndFoldersBeRead) {
  EXPECT_EQ(
      outcome(GetParam(),
              [&] {
                std::string text;
                std::ifstream(file()) >> text;
                DIR* const open_folder = ::opendir(folder_.c_str());
                return fail_unless(text == "content" && open_folder != nullptr && ::readdir(open_folder) != nullptr);
              }),
      "done");
}
TEST_P(Sandbox, LetsTheProcessAbortItself) {
  EXPECT_EQ(outcome(GetParam(), [] { return std::abort(), 0; }), "signal " + std::to_string(SIGABRT));
}
TEST_P(Sandbox, CannotBeLoosenedByConfiningAgain) {
  EXPECT_EQ(outcome(GetParam(), [] { return confine(Profile::Vault) ? 0L : -1L; }), "refused");
}

// -- the vault

TEST_F(VaultSandbox, LetsFilesBeMadeSyncedRenamedAndRemoved) {
  EXPECT_EQ(outcome(Profile::Vault,
                    [&] {
                      const int made = ::open(other().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                      if (made < 0 || ::fallocate(made, 0, 0, 8192) != 0 || ::ftruncate(made, 4096) != 0) return -1L;
                      if (::pwrite(made, "row", 3, 0) != 3 || ::fdatasync(made) != 0 || ::fsync(made) != 0) return -1L;
                      void* map = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, made, 0);
                      if (map == MAP_FAILED || ::msync(map, 4096, MS_SYNC) != 0) return -1L;
                      struct flock lock {};
                      lock.l_type = F_WRLCK;
                      if (::fcntl(made, F_SETLK, &lock) != 0) return -1L;
                      const std::string subfolder = folder_ / "folder";
                      if (::mkdir(subfolder.c_str(), 0700) != 0) return -1L;
                      const int opened = ::open(subfolder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                      if (::rename(other().c_str(), (subfolder + "/moved").c_str()) != 0 || ::fsync(opened) != 0)
                        return -1L;
                      std::filesystem::copy(subfolder, folder_ / "copy");
                      return std::filesystem::remove_all(subfolder) == 2 ? 0L : -1L;
                    }),
            "done");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "copy" / "moved"));
}

// -- the gate

TEST_F(GateSandbox, RefusesToOpenAFileForWriting) {
  for (int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_RDWR | O_APPEND}) {
    EXPECT_EQ(outcome(Profile::Gate, [&] { return ::open(file().c_str(), flags, 0600); }), "refused") << flags;
    EXPECT_EQ(outcome(Profile::Gate, [&] { return ::syscall(SYS_open, file().c_str(), flags, 0600); }), "refused")
        << flags;
  }
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::open(folder_.c_str(), O_TMPFILE | O_RDWR, 0600); }), "refused");
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::syscall(SYS_creat, file().c_str(), 0600); }), "refused");
  EXPECT_EQ(std::filesystem::file_size(file()), 7u);
}
TEST_F(GateSandbox, RefusesToChangeOrRemoveFiles) {
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::truncate(file().c_str(), 0); }), "refused");
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::unlink(file().c_str()); }), "refused");
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::rename(file().c_str(), other().c_str()); }), "refused");
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::mkdir(other().c_str(), 0700); }), "refused");
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::link(file().c_str(), other().c_str()); }), "refused");
  EXPECT_EQ(outcome(Profile::Gate, [&] { return ::chmod(file().c_str(), 0777); }), "refused");
  EXPECT_EQ(std::filesystem::file_size(file()), 7u);
}

}  // namespace
}  // namespace shosoin::sandbox
