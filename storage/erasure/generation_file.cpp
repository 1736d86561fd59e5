// The file of a generation in a state copy (format page: epochs.md): written while the generation is made, read as a
// stream.
#include <fcntl.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"
#include "firmware/base/power.h"
#include "storage/erasure/copy_error.h"
#include "storage/erasure/state_copy.h"
#include "storage/generations/layout.h"

namespace shosoin::erasure {
namespace {

constexpr std::string_view kMagic = "shosoin-generation-1";
constexpr std::uint8_t kEnd = 0, kHead = 1, kBlock = 2;  // what a record holds; frozen
constexpr std::size_t kBuffer = 4u << 20;
constexpr std::size_t kMaxBox = 8u << 20;
constexpr std::size_t kTrailer = 1 + sizeof(Digest);
constexpr std::size_t kOpening = kMagic.size() + TenantId::kSize + GenerationId::kSize;

Bytes opening_of(const TenantId& tenant, const GenerationId& gid) {
  return Writer{}.raw(view_of(kMagic)).raw(tenant.view()).raw(gid.view()).take();
}
// Over what stands before, the key and the leaf of the box: one hash of each box is enough for tree and file.
Digest next_digest(const Digest& before, std::uint8_t kind, ByteView key, const Digest& leaf) {
  const auto length = be(static_cast<std::uint16_t>(key.size()));
  return crypto::sha256({before, ByteView(&kind, 1), length, key, leaf});
}

// Bytes of a file one after the other.
class Stream {
 public:
  explicit Stream(disk::Descriptor file, std::uint64_t size) : file_(std::move(file)), left_(size) {}
  Result<ByteView> take(std::size_t size) {  // valid until the next take
    if (buffer_.size() - at_ < size) {
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
      at_ = 0;
      const auto more = std::max(size - buffer_.size(), std::min<std::uint64_t>(kBuffer, left_));
      if (more > left_) return Error{ErrorCode::Integrity, "read a copied generation: it is too short"};
      const auto from = buffer_.size();
      buffer_.resize(from + more);
      TRY(disk::read_at(file_, std::span(buffer_).subspan(from), read_));
      read_ += more;
      left_ -= more;
    }
    at_ += size;
    return ByteView(buffer_).subspan(at_ - size, size);
  }
  bool at_end() const { return left_ == 0 && at_ == buffer_.size(); }

 private:
  disk::Descriptor file_;
  std::uint64_t left_, read_ = 0;
  Bytes buffer_;
  std::size_t at_ = 0;
};

Result<disk::Descriptor> open_whole(const StateCopy::Generation& generation) {
  auto file = disk::open(generation.file, O_RDONLY);
  if (!file) return Error{ErrorCode::Integrity, "open a copied generation", file.error().outside()};
  TRY(const auto size, disk::size_of(file.value()));
  if (size != generation.size || size < kOpening + kTrailer)
    return Error{ErrorCode::Integrity, "read a whole copied generation"};
  return std::move(file.value());
}

}  // namespace

std::string file_name(const TenantId& tenant, const GenerationId& gid) { return tenant.hex() + "-" + gid.hex(); }

GenerationFile::GenerationFile(disk::Stream stream, StateCopy::Generation generation)
    : stream_(std::move(stream)), generation_(std::move(generation)) {}

Result<std::unique_ptr<GenerationFile>> GenerationFile::create(const std::filesystem::path& place,
                                                               const TenantId& tenant, const GenerationId& gid) {
  std::error_code failed;
  std::filesystem::create_directory(place, failed);
  if (failed)
    return not_copied("make the place of a state copy (is its directory there and writable?)", failed.value());
  StateCopy::Generation generation{tenant, gid, 0, 0, {}, {}, place / file_name(tenant, gid)};
  std::filesystem::remove(generation.file, failed);
  auto stream = disk::Stream::create(generation.file);
  if (!stream) return not_copied("create the copy of a generation", static_cast<int>(stream.error().outside()));
  const auto opening = opening_of(tenant, gid);
  generation.digest = crypto::sha256(opening);
  std::unique_ptr<GenerationFile> file(new GenerationFile(std::move(stream.value()), std::move(generation)));
  TRY(file->append(opening));
  return file;
}

Result<void> GenerationFile::put(engine::Table table, ByteView key, ByteView boxed, const Digest& leaf) {
  const auto kind = table == generations::kBlocks ? kBlock : kHead;
  generation_.digest = next_digest(generation_.digest, kind, key, leaf);
  TRY(append(Writer{}.u8(kind).u16(static_cast<std::uint16_t>(key.size())).bytes()));
  TRY(append(key));
  TRY(append(be(static_cast<std::uint32_t>(boxed.size()))));
  return append(boxed);
}

Result<void> GenerationFile::append(ByteView bytes) { return written(stream_.append(bytes)); }

Result<void> GenerationFile::written(Result<void> done) {
  if (done) return done;
  return not_copied("write the copy of a generation", static_cast<int>(done.error().outside()));
}

// If power goes in here: a file that no copy names.
Result<StateCopy::Generation> GenerationFile::finish(std::uint64_t seq) {
  TRY(append(Writer{}.u8(kEnd).raw(generation_.digest).bytes()));
  TRY(written(stream_.finish()));
  TRY(power::guarded("state-copy:generation", [&]() -> Result<void> {
    if (::fdatasync(stream_.file().number()) != 0) return not_copied("sync the copy of a generation");
    return success();
  }));
  generation_.seq = seq;
  generation_.size = stream_.size();
  return generation_;
}

Result<void> looks_whole(const StateCopy::Generation& generation) {
  TRY(const auto file, open_whole(generation));
  Digest last{};
  TRY(disk::read_at(file, last, generation.size - last.size()));
  if (last != generation.digest) return Error{ErrorCode::Integrity, "read a copied generation as it was written"};
  return success();
}

Result<void> each_stored(const StateCopy::Generation& generation, const StoredVisitor& visit) {
  TRY(auto file, open_whole(generation));
  Stream in(std::move(file), generation.size);
  const auto opening = opening_of(generation.tenant, generation.gid);
  TRY(const auto begins, in.take(opening.size()));
  if (!equal(begins, opening)) return Error{ErrorCode::Integrity, "read a copied generation of this tenant"};
  auto digest = crypto::sha256(opening);
  for (;;) {
    TRY(const auto kind, in.take(1));
    const auto what = kind[0];
    if (what == kEnd) break;
    if (what != kHead && what != kBlock) return Error{ErrorCode::Integrity, "read a record of a copied generation"};
    TRY(const auto key_size, in.take(2));
    TRY(const auto key_bytes, in.take(from_be<std::uint16_t>(key_size.first<2>())));
    const auto key = copy_of(key_bytes);
    TRY(const auto box_size, in.take(4));
    const std::size_t size = from_be<std::uint32_t>(box_size.first<4>());
    if (size > kMaxBox)
      return Error{ErrorCode::Integrity, "read a box of a copied generation", static_cast<std::int64_t>(size)};
    TRY(const auto boxed, in.take(size));
    digest = next_digest(digest, what, key, crypto::merkle_leaf({boxed}));
    TRY(visit(what == kBlock ? generations::kBlocks : generations::kHeads, key, boxed));
  }
  TRY(const auto last, in.take(sizeof(Digest)));
  if (!equal(last, digest) || digest != generation.digest || !in.at_end()) {
    return Error{ErrorCode::Integrity, "read a copied generation as it was written"};
  }
  return success();
}

Result<std::vector<std::pair<Bytes, Bytes>>> copy_delta(engine::Environment& environment, const GenerationId& gid) {
  std::vector<std::pair<Bytes, Bytes>> delta;
  TRY(auto reading, environment.read());
  TRY(reading->scan(generations::kDelta, gid.view(), [&](ByteView key, ByteView value) {
    if (key.size() < gid.kSize || !equal(key.first(gid.kSize), gid.view())) return false;
    delta.emplace_back(copy_of(key), copy_of(value));
    return true;
  }));
  return delta;
}

Result<StateCopy::Generation> copy_generation(engine::Environment& environment, const std::filesystem::path& place,
                                              const TenantId& tenant, const GenerationId& gid, std::uint64_t seq) {
  TRY(auto file, GenerationFile::create(place, tenant, gid));
  {
    TRY(auto reading, environment.read());
    for (const auto table : {generations::kBlocks, generations::kHeads}) {
      Result<void> put = success();
      TRY(reading->scan(table, gid.view(), [&](ByteView key, ByteView boxed) {
        if (key.size() < gid.kSize || !equal(key.first(gid.kSize), gid.view())) return false;
        put = file->put(table, key, boxed, crypto::merkle_leaf({boxed}));
        return put.has_value();
      }));
      TRY(std::move(put));
    }
  }
  TRY(auto generation, file->finish(seq));
  TRY(generation.delta, copy_delta(environment, gid));
  return generation;
}

}  // namespace shosoin::erasure
