// Any bytes as manifest, epoch state, evidence and its copy, body of a certificate and tenant entry: refused, or written back to the
// same bytes.
#include "storage/erasure/certificate.h"
#include "storage/erasure/core.h"
#include "storage/erasure/sequence_line.h"

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
  if (const auto body = decode_certificate_body(bytes)) ENSURE(equal(encode_certificate_body(body.value()), bytes));
  if (const auto entry = decode_tenant_entry(bytes)) ENSURE(equal(encode_tenant_entry(entry.value()), bytes));
  return 0;
}
