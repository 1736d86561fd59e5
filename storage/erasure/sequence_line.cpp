#include "storage/erasure/sequence_line.h"

#include <fcntl.h>

#include <fstream>
#include <iterator>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/disk.h"
#include "firmware/base/power.h"

namespace shosoin::erasure {
namespace {

constexpr std::string_view kPlace = "sequence-line";
constexpr std::string_view kMagic = "shosoin-sequence-line-1";

}  // namespace

Bytes encode_sequence_line(std::uint64_t line) {
  Writer out;
  out.raw(view_of(kMagic)).u64(line);
  const auto digest = crypto::sha256(out.bytes());
  return out.raw(digest).take();
}

Result<std::uint64_t> decode_sequence_line(ByteView bytes) {
  constexpr Literal kDoing = "read where the last restore began its line of the sequence";
  Reader in(bytes);
  const bool ours = text_of(in.raw(kMagic.size())) == kMagic;
  const auto line = in.u64();
  const auto digest = in.fixed<32>();
  TRY(in.finish(kDoing));
  if (!ours || digest != crypto::sha256(bytes.first(bytes.size() - digest.size())))
    return Error{ErrorCode::Integrity, kDoing};
  return line;
}

Result<std::uint64_t> read_sequence_line(const std::filesystem::path& directory) {
  std::error_code failed;
  if (!std::filesystem::exists(directory / kPlace, failed) && !failed) return std::uint64_t{0};
  std::ifstream file(directory / kPlace, std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  return decode_sequence_line(bytes);
}

Result<void> write_sequence_line(const std::filesystem::path& directory, std::uint64_t line) {
  const auto fresh = directory / (std::string(kPlace) + ".partial");
  std::error_code ignored;
  std::filesystem::remove(fresh, ignored);
  {
    TRY(const auto file, disk::open(fresh, O_RDWR | O_CREAT | O_EXCL));
    TRY(disk::write_at(file, encode_sequence_line(line), 0));
    TRY(disk::sync_data(file));
  }
  // If power goes before this: the line of before, and a restore that is not in place.
  return power::guarded("restore:sequence-line", [&] { return disk::rename(fresh, directory / kPlace); });
}

}  // namespace shosoin::erasure
