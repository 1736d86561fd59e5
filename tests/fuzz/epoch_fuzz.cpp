// Any bytes as manifest, epoch state, evidence and its copy, state copy, body of a certificate and tenant entry:
// refused, or written back to the same bytes. As the file of a copied generation: refused, or read to its end.
#include <fstream>

#include "storage/erasure/certificate.h"
#include "storage/erasure/core.h"
#include "storage/erasure/sequence_line.h"
#include "tests/support/temporary_directory.h"

namespace {

void read_as_generation(shosoin::ByteView bytes) {
  using namespace shosoin;
  using namespace shosoin::erasure;
  static const support::TemporaryDirectory place;
  StateCopy::Generation generation;
  generation.file = place.path() / "generation";
  generation.size = bytes.size();
  if (bytes.size() < 85 || !text_of(bytes).starts_with("shosoin-generation-1")) return;  // a file each: only what may be one
  generation.tenant = TenantId::from(bytes.subspan(20, 16)).value();
  generation.gid = GenerationId::from(bytes.subspan(36, 16)).value();
  std::ranges::copy(bytes.last(32), generation.digest.begin());
  std::ofstream(generation.file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  std::size_t seen = 0;
  const auto read = each_stored(generation, [&](auto, ByteView key, ByteView box) -> Result<void> {
    seen += key.size() + box.size();
    return success();
  });
  ENSURE(seen <= bytes.size());
  ENSURE(read || read.error().code() == ErrorCode::Integrity);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  using namespace shosoin::erasure;
  const ByteView bytes(data, size);
  if (const auto manifest = decode_manifest(bytes)) {
    ENSURE(equal(encode_manifest(manifest.value()), bytes));
    ENSURE(manifest.value().slot == manifest.value().epoch % 2);
    ENSURE(manifest.value().tenants.size() <= limits::kMaxTenants + 1);
  }
  if (const auto state = decode_epoch_state(bytes)) {
    ENSURE(equal(encode_epoch_state(state.value()), bytes));
    ENSURE(next_chain(state.value().x_previous, manifest_digest(state.value().manifest)) == state.value().x_current);
  }
  if (const auto line = decode_sequence_line(bytes)) ENSURE(equal(encode_sequence_line(line.value()), bytes));
  if (const auto evidence = decode_evidence(bytes)) ENSURE(equal(encode_evidence(evidence.value()), bytes));
  if (const auto copy = decode_evidence_copy(bytes)) {
    ENSURE(equal(encode_evidence_copy(encode_evidence(copy.value())), bytes));
  }
  if (const auto copy = decode_state_copy(bytes, {})) ENSURE(equal(encode_state_copy(copy.value()), bytes));
  read_as_generation(bytes);
  if (const auto body = decode_certificate_body(bytes)) ENSURE(equal(encode_certificate_body(body.value()), bytes));
  if (const auto entry = decode_tenant_entry(bytes)) ENSURE(equal(encode_tenant_entry(entry.value()), bytes));
  return 0;
}
