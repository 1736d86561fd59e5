// Any bytes as the manifest of a backup: refused, or written back to the same bytes, and naming no place outside a
// backup.
#include "storage/backup/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  const ByteView bytes(data, size);
  if (const auto manifest = backup::decode_manifest(bytes)) {
    ENSURE(equal(backup::encode_manifest(manifest.value()), bytes));
    for (const auto& file : manifest.value().files) {
      ENSURE(backup::is_place(file.name));
      ENSURE(file.name.find("..") == std::string::npos && !file.name.starts_with('/'));
    }
  }
  return 0;
}
