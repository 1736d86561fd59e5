#include "tests/fault/process_image.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "firmware/base/disk.h"

namespace shosoin::test {
namespace {

constexpr std::size_t kPage = 4096;

struct Mapping {
  std::uint64_t from = 0, to = 0;
};

std::vector<Mapping> mappings_of(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  std::vector<Mapping> all;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, rights, offset, device, inode, name;
    words >> range >> rights >> offset >> device >> inode >> name;
    if (name.ends_with(".mdb") || name == "[vvar]" || name == "[vsyscall]") continue;
    const auto dash = range.find('-');
    all.push_back({std::stoull(range.substr(0, dash), nullptr, 16), std::stoull(range.substr(dash + 1), nullptr, 16)});
  }
  ENSURE(!all.empty());
  return all;
}

bool is_there(std::uint64_t entry) { return (entry >> 62) != 0; }  // present, or swapped out

}  // namespace

ProcessImage search_process(pid_t process, const Needles& needles) {
  const auto below = "/proc/" + std::to_string(process);
  const auto memory = disk::open(below + "/mem", O_RDONLY).value();
  const auto pages = disk::open(below + "/pagemap", O_RDONLY).value();
  ProcessImage image;
  for (const auto& mapping : mappings_of(process)) {
    ++image.mappings;
    std::vector<std::uint64_t> entries((mapping.to - mapping.from) / kPage);
    const auto size = entries.size() * sizeof(std::uint64_t);
    const auto at = static_cast<off_t>(mapping.from / kPage * sizeof(std::uint64_t));
    if (::pread(pages.number(), entries.data(), size, at) != static_cast<ssize_t>(size)) continue;
    Bytes run;  // neighbouring pages, so that nothing is lost where they meet
    const auto search = [&] {
      needles.scan(run, image.found);
      image.bytes += run.size();
      run.clear();
    };
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!is_there(entries[i])) {
        search();
        continue;
      }
      run.resize(run.size() + kPage);
      if (::pread(memory.number(), run.data() + run.size() - kPage, kPage,
                  static_cast<off_t>(mapping.from + i * kPage)) != static_cast<ssize_t>(kPage)) {
        ++image.unreadable;
        run.resize(run.size() - kPage);
        search();
      }
    }
    search();
  }
  return image;
}

}  // namespace shosoin::test
