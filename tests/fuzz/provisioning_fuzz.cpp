// Any text as a provisioning record: refused, or signed by the custodian key it names; a changed one never reads as the real one.
#include <fstream>
#include <iterator>

#include "storage/erasure/provisioning_record.h"

namespace {

using namespace shosoin;

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  ENSURE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}
const std::string kGenuine = read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/provisioning-record.json");

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto genuine = erasure::read_provisioning_record(kGenuine).value();
  const auto record = erasure::read_provisioning_record(text_of({data, size}));
  if (!record) {
    ENSURE(record.error().code() == ErrorCode::BadRequest || record.error().code() == ErrorCode::InvalidContent);
    return 0;
  }
  // An accepted record that names the genuine custodians says what they signed.
  if (record.value().pins.custodian_key == genuine.pins.custodian_key) {
    ENSURE(record.value().signing_key == genuine.signing_key && record.value().pins.ak_name == genuine.pins.ak_name);
    ENSURE(record.value().software_tpm == genuine.software_tpm && record.value().appliance_id == genuine.appliance_id);
  }
  return 0;
}
