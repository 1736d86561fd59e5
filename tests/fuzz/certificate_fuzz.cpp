// What an auditor's verifier reads from a stranger: any text as a certificate, against one real provisioning record. Only the
// certificate of that record verifies. The second look signs the input with the appliance's key (test material), so that what stands
// behind the signature check is reached too: even then only a certificate about the same rows may hold.
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "crypto/canonical_json.h"
#include "storage/erasure/certificate.h"

namespace {

using namespace shosoin;
using namespace shosoin::erasure;
namespace json = boost::json;

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  ENSURE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}
const std::string kGenuine = read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/erasure-certificate.json");
const ProvisioningRecord kRecord =
    read_provisioning_record(read_file(SHOSOIN_SOURCE_DIR "/tests/vectors/provisioning-record.json")).value();

std::string signed_again(json::object object) {
  static const auto seed = SigningSeed::copy_from(std::array<std::uint8_t, 32>{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                                                               7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                                                               7, 7, 7, 7, 7, 7, 7, 7, 7, 7});
  object.erase("signature");
  object["signature"] = to_base64(crypto::ed25519_sign(seed, view_of(crypto::canonical_json(object))));
  return crypto::canonical_json(object);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of({data, size});
  const auto check = verify_certificate(text, kRecord);
  ENSURE(!describe(check.fault, true).empty() && !describe(check.evidence, false).empty());
  if (check.fault == CertificateFault::None) {
    ENSURE(text == kGenuine || text == kGenuine + "\n");
  }
  auto value = crypto::parse_strict(text);
  if (!value || !value.value().is_object()) return 0;
  const auto forged = verify_certificate(signed_again(value.value().get_object()), kRecord);
  ENSURE(forged.fault != CertificateFault::SignatureInvalid);
  if (forged.fault == CertificateFault::None) {
    static const auto genuine = verify_certificate(kGenuine, kRecord);
    ENSURE(forged.epoch == genuine.epoch && forged.rows <= 2 * genuine.rows && forged.software_tpm);
  }
  return 0;
}
