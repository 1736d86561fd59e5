#include "storage/erasure/state_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "firmware/base/limits.h"
#include "firmware/base/power.h"
#include "storage/erasure/copy_error.h"
#include "storage/generations/layout.h"

namespace shosoin::erasure {
namespace {

constexpr std::string_view kMagic = "shosoin-state-copy-2";
constexpr std::string_view kState = "state";
constexpr std::string_view kEvidencePlace = "evidence";
constexpr std::size_t kMaxStored = 8u << 20;

std::string name_of(std::uint64_t epoch, const AttemptId& attempt) {
  return fmt::format("{:020}-{}", epoch, attempt.hex());
}
std::string name_of(const EpochState& state) { return name_of(state.epoch, state.attempt); }

// The directory may be a share with other things in it.
bool is_ours(std::string_view name) {
  return name.size() == 53 && name[20] == '-' && name.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

void write_pairs(Writer& out, const std::vector<std::pair<Bytes, Bytes>>& pairs) {
  out.u64(pairs.size());
  for (const auto& [key, value] : pairs) out.blob16(key).blob32(value);
}
std::vector<std::pair<Bytes, Bytes>> read_pairs(Reader& in) {
  std::vector<std::pair<Bytes, Bytes>> pairs;
  const auto count = in.u64();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    auto key = copy_of(in.blob16(limits::kMaxEntryKey));
    pairs.emplace_back(std::move(key), copy_of(in.blob32(kMaxStored)));
  }
  return pairs;
}

// With the files of its generations, as far as can be told from outside.
Result<StateCopy> read_whole(const std::filesystem::path& place) {
  std::ifstream file(place / kState, std::ios::binary);
  if (!file) return Error{ErrorCode::NotFound, "find the state copy of the present epoch"};
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  TRY(auto copy, decode_state_copy(bytes, place));
  for (const auto& generation : copy.generations) {
    TRY(looks_whole(generation));
  }
  return copy;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> write_synced(const std::filesystem::path& file, ByteView bytes) {
  return power::guarded("state-copy:write", [&]() -> Result<void> {
    const Descriptor fd(::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
    if (fd.get() < 0) return not_copied("create the state copy (is its directory there and writable?)");
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto wrote = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return not_copied("write the state copy");
      done += static_cast<std::size_t>(wrote);
    }
    if (::fsync(fd.get()) != 0) return not_copied("sync the state copy");
    return success();
  });
}

Result<void> put_in_place(const std::filesystem::path& fresh, const std::filesystem::path& file) {
  return power::guarded("state-copy:rename", [&]() -> Result<void> {
    if (::rename(fresh.c_str(), file.c_str()) != 0) {
      return not_copied("put the state copy in place");
    }
    return success();
  });
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  return power::guarded("state-copy:sync-directory", [&]() -> Result<void> {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return not_copied("sync the state copy directory");
    return success();
  });
}

}  // namespace

Bytes encode_state_copy(const StateCopy& copy) {
  Writer out;
  out.raw(view_of(kMagic)).blob32(encode_epoch_state(copy.state));
  write_pairs(out, copy.table);
  out.u32(static_cast<std::uint32_t>(copy.generations.size()));
  for (const auto& generation : copy.generations) {
    out.raw(generation.tenant.view()).raw(generation.gid.view()).u64(generation.seq);
    out.u64(generation.size).raw(generation.digest);
    write_pairs(out, generation.delta);
  }
  const auto digest =
      crypto::sha256(out.bytes());  // tells a torn copy from a whole one; authenticity comes from the boxes
  return out.raw(digest).take();
}

Result<StateCopy> decode_state_copy(ByteView bytes, const std::filesystem::path& place) {
  if (bytes.size() < 32) return Error{ErrorCode::Integrity, "read a state copy"};
  const auto body = bytes.first(bytes.size() - 32);
  if (!equal(crypto::sha256(body), bytes.last(32))) return Error{ErrorCode::Integrity, "read a whole state copy"};
  Reader in(body);
  if (text_of(in.raw(kMagic.size())) != kMagic) return Error{ErrorCode::Integrity, "read a state copy of this format"};
  StateCopy copy;
  TRY(auto state, decode_epoch_state(in.blob32(kMaxStored)));
  copy.state = std::move(state);
  copy.table = read_pairs(in);
  const auto count = in.u32();
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    StateCopy::Generation generation;
    generation.tenant = TenantId(in.fixed<16>());
    generation.gid = GenerationId(in.fixed<16>());
    generation.seq = in.u64();
    generation.size = in.u64();
    generation.digest = in.fixed<32>();
    generation.delta = read_pairs(in);
    generation.file = place / file_name(generation.tenant, generation.gid);
    copy.generations.push_back(std::move(generation));
  }
  TRY(in.finish("read a state copy"));
  return copy;
}

std::filesystem::path place_of_copy(const std::filesystem::path& directory, std::uint64_t epoch,
                                    const AttemptId& attempt) {
  return directory / name_of(epoch, attempt);
}

Result<void> write_state_copy(const std::filesystem::path& directory, const StateCopy& copy) {
  const auto target = directory / name_of(copy.state);
  const auto fresh = target / "state.partial";
  std::error_code ignored;
  std::filesystem::create_directory(target, ignored);
  std::filesystem::remove(fresh, ignored);
  TRY(write_synced(fresh, encode_state_copy(copy)));
  // If power goes here: the older copy of this attempt, or none and no commit.
  TRY(put_in_place(fresh, target / kState));
  TRY(sync_directory(target));
  TRY(sync_directory(directory));
  // Files of generations that it does not name any more: one that stays is taken away by the next renewal, or with the
  // directory.
  std::set<std::string> named{std::string(kState)};
  for (const auto& generation : copy.generations) named.insert(file_name(generation.tenant, generation.gid));
  std::vector<std::filesystem::path> old;
  for (const auto& item : std::filesystem::directory_iterator(target, ignored)) {
    if (!named.contains(item.path().filename().string())) old.push_back(item.path());
  }
  for (const auto& path : old) std::filesystem::remove(path, ignored);
  return success();
}

Result<std::vector<StateCopy>> read_state_copies(const std::filesystem::path& directory) {
  std::vector<StateCopy> copies;
  std::error_code failed;
  for (const auto& item : std::filesystem::directory_iterator(directory, failed)) {
    if (auto copy = read_whole(item.path())) copies.push_back(std::move(copy.value()));
  }
  if (failed) return Error{ErrorCode::Settings, "read the state copy directory", failed.value()};
  return copies;
}

// If power goes here: the epochs whose files are missing are found missing again by the next sweep.
Result<void> copy_evidence(const std::filesystem::path& directory, engine::Environment& appliance) {
  const auto place = directory / kEvidencePlace;
  std::error_code ignored;
  std::filesystem::create_directory(place, ignored);
  std::vector<std::pair<std::string, Bytes>> missing;
  {
    TRY(auto reading, appliance.read());
    TRY(generations::scan_plain(*reading, generations::kEvidence, {}, [&](ByteView key, ByteView value) {
      const auto name = fmt::format("{:020}", from_be<std::uint64_t>(key.first<8>()));
      if (!std::filesystem::exists(place / name, ignored)) missing.emplace_back(name, copy_of(value));
      return true;
    }));
  }
  for (const auto& [name, evidence] : missing) {
    const auto fresh = place / (name + ".partial");
    std::filesystem::remove(fresh, ignored);
    TRY(write_synced(fresh, encode_evidence_copy(evidence)));
    TRY(put_in_place(fresh, place / name));
  }
  if (missing.empty()) return success();
  TRY(sync_directory(place));
  return sync_directory(directory);
}

std::vector<std::pair<Bytes, Bytes>> read_evidence_copies(const std::filesystem::path& directory,
                                                          std::uint64_t before) {
  std::vector<std::pair<Bytes, Bytes>> found;
  std::error_code failed;
  for (const auto& item : std::filesystem::directory_iterator(directory / kEvidencePlace, failed)) {
    std::ifstream file(item.path(), std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    auto evidence = decode_evidence_copy(bytes);
    if (!evidence) continue;
    const auto manifest = decode_manifest(evidence.value().manifest);
    if (!manifest || manifest.value().epoch >= before) continue;
    found.emplace_back(Writer{}.u64(manifest.value().epoch).take(), encode_evidence(evidence.value()));
  }
  return found;
}

Result<StateCopy> read_state_copy(const std::filesystem::path& directory, const EpochState& state) {
  return read_whole(directory / name_of(state));
}

Result<void> prune_state_copies(const std::filesystem::path& directory, const EpochState& keep,
                                const std::set<std::uint64_t>& births) {
  std::set<std::string> numbers;
  for (const auto epoch : births) numbers.insert(fmt::format("{:020}", epoch));
  std::error_code failed;
  std::vector<std::filesystem::path> old;
  for (const auto& item : std::filesystem::directory_iterator(directory, failed)) {
    const auto name = item.path().filename().string();
    const bool needed = name == name_of(keep) || numbers.contains(name.substr(0, 20));
    if (item.is_directory() && is_ours(name) && !needed) old.push_back(item.path());
  }
  for (const auto& path : old) {
    TRY(power::guarded("state-copy:prune", [&]() -> Result<void> {
      std::filesystem::remove_all(path, failed);
      return success();
    }));
  }
  return success();
}

Result<void> strip_state_copies(const std::filesystem::path& directory, const std::set<TenantId>& tenants) {
  std::error_code failed;
  std::vector<std::filesystem::path> places;
  for (const auto& item : std::filesystem::directory_iterator(directory, failed)) {
    if (is_ours(item.path().filename().string())) places.push_back(item.path());
  }
  for (const auto& place : places) {
    std::ifstream file(place / kState, std::ios::binary);
    if (!file) continue;
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    auto read = decode_state_copy(bytes, place);
    if (!read) continue;
    auto& copy = read.value();
    const auto generations =
        std::erase_if(copy.generations, [&](const auto& one) { return tenants.contains(one.tenant); });
    const auto rows = std::erase_if(copy.table, [&](const auto& pair) {
      const auto tenant =
          pair.first.size() == 24 ? TenantId::from(ByteView(pair.first).subspan(8)) : TenantId::from({});
      return tenant && tenants.contains(tenant.value());
    });
    // If power goes behind this: files nobody names; whoever comes back takes them, for it looks at the directory.
    if (generations + rows != 0) {
      TRY(write_state_copy(directory, copy));
    }
    std::vector<std::filesystem::path> old;
    for (const auto& item : std::filesystem::directory_iterator(place, failed)) {
      const auto name = item.path().filename().string();
      if (std::ranges::any_of(tenants, [&](const TenantId& tenant) { return name.starts_with(tenant.hex()); }))
        old.push_back(item.path());
    }
    for (const auto& path : old) std::filesystem::remove(path, failed);
  }
  return success();
}

}  // namespace shosoin::erasure
