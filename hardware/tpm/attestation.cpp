#include "hardware/tpm/attestation.h"

#include <algorithm>

#include "crypto/hash.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::tpm {
namespace {

// TPM 2.0 Part 2. A restricted key signs nothing else that begins with the magic number.
constexpr std::uint32_t kGenerated = 0xFF54'4347;
constexpr std::uint16_t kAttestNv = 0x8014;
constexpr std::uint16_t kAttestQuote = 0x8018;
constexpr std::uint16_t kAlgEcdsa = 0x0018;
constexpr std::uint16_t kAlgSha256 = 0x000B;
constexpr std::size_t kMaxName = 34 + 32;  // TPMU_NAME in the TSS, rounded up
constexpr std::size_t kMaxQualifying = 66;
constexpr std::size_t kMaxContents = 2048;  // MAX_NV_BUFFER_SIZE
constexpr std::uint32_t kMaxBanks = 16;

struct Head {  // what all statements begin with
  Bytes signer, qualifying;
  std::uint64_t clock = 0;
  std::uint32_t reset_count = 0, restart_count = 0;
  bool safe = false;
};
Head read_head(Reader& in, std::uint16_t type) {
  if (in.u32() != kGenerated) in.fail();
  if (in.u16() != type) in.fail();
  Head head;
  head.signer = copy_of(in.blob16(kMaxName));
  head.qualifying = copy_of(in.blob16(kMaxQualifying));
  head.clock = in.u64();
  head.reset_count = in.u32();
  head.restart_count = in.u32();
  const std::uint8_t safe = in.u8();
  if (safe > 1) in.fail();
  head.safe = safe == 1;
  in.u64();  // firmware version: in the provisioning record
  return head;
}

// A TPM may drop leading zeros of a coordinate; more than 32 bytes is no P-256 signature.
std::array<std::uint8_t, 32> read_scalar(Reader& in) {
  const ByteView bytes = in.blob16(32);
  std::array<std::uint8_t, 32> out{};
  std::copy(bytes.begin(), bytes.end(), out.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  return out;
}
Result<crypto::EcdsaSignature> parse_signature(ByteView signature) {
  Reader in(signature);
  if (in.u16() != kAlgEcdsa || in.u16() != kAlgSha256) in.fail();
  crypto::EcdsaSignature out;
  out.r = read_scalar(in);
  out.s = read_scalar(in);
  TRY(in.finish("read a signature of the TPM"));
  return out;
}

}  // namespace

Result<NvStatement> parse_nv_statement(ByteView statement) {
  if (statement.size() > limits::kMaxAttestation)
    return Error{ErrorCode::Integrity, "read an NV certificate: too long"};
  Reader in(statement);
  Head head = read_head(in, kAttestNv);
  NvStatement out;
  out.nv_name = copy_of(in.blob16(kMaxName));
  if (in.u16() != 0) in.fail();  // offset: we certify whole indices
  out.contents = copy_of(in.blob16(kMaxContents));
  TRY(in.finish("read an NV certificate of the TPM"));
  out.signer = std::move(head.signer);
  out.qualifying = std::move(head.qualifying);
  out.clock = head.clock;
  out.reset_count = head.reset_count;
  out.restart_count = head.restart_count;
  out.safe = head.safe;
  return out;
}

bool attestation_signed_by(const crypto::P256Point& ak, const Attestation& attestation) {
  auto signature = parse_signature(attestation.signature);
  return signature && crypto::p256_verify(ak, attestation.statement, signature.value());
}

Result<QuoteStatement> verify_quote(ByteView quote, const crypto::P256Point& ak, const Digest& qualifying) {
  Reader outer(quote);
  const ByteView statement = outer.blob16(limits::kMaxAttestation);
  const ByteView signature = outer.raw(outer.left());
  if (outer.failed() || !attestation_signed_by(ak, {copy_of(statement), copy_of(signature)})) {
    return Error{ErrorCode::Integrity, "verify a quote: not signed by the attestation key"};
  }
  Reader in(statement);
  Head head = read_head(in, kAttestQuote);
  QuoteStatement out;
  Writer selection;
  const std::uint32_t banks = in.u32();
  if (banks > kMaxBanks) in.fail();
  selection.u32(banks);
  for (std::uint32_t i = 0; i < banks && !in.failed(); ++i) {
    selection.u16(in.u16());
    const std::uint8_t size = in.u8();
    selection.u8(size).raw(in.raw(size));
  }
  out.selection = selection.take();
  const ByteView digest = in.blob16(32);
  if (digest.size() != out.pcr_digest.size()) in.fail();
  std::copy(digest.begin(), digest.end(), out.pcr_digest.begin());
  TRY(in.finish("read a quote of the TPM"));
  if (!equal(head.qualifying, qualifying))
    return Error{ErrorCode::Integrity, "verify a quote: it is about something else"};
  out.signer = std::move(head.signer);
  out.qualifying = std::move(head.qualifying);
  out.clock = head.clock;
  out.reset_count = head.reset_count;
  out.restart_count = head.restart_count;
  out.safe = head.safe;
  return out;
}

EvidenceFault check_epoch_evidence(const EpochEvidence& evidence, const EpochClaim& claim, const Pins& pins) {
  if (!attestation_signed_by(pins.ak_point, evidence.chain)) return EvidenceFault::ChainSignature;
  if (!attestation_signed_by(pins.ak_point, evidence.counter)) return EvidenceFault::CounterSignature;
  if (!attestation_signed_by(pins.ak_point, evidence.slot)) return EvidenceFault::SlotSignature;
  auto chain = parse_nv_statement(evidence.chain.statement);
  auto counter = parse_nv_statement(evidence.counter.statement);
  auto slot = parse_nv_statement(evidence.slot.statement);
  if (!chain || !counter || !slot) return EvidenceFault::NotAnNvStatement;
  const NvStatement* const statements[] = {&chain.value(), &counter.value(), &slot.value()};
  // K(e) sat in slot e mod 2; the claim is about epoch e+1.
  const Bytes* const names[] = {&pins.chain_name, &pins.ctr_name, &pins.slot_name[(claim.epoch + 1) & 1]};
  for (std::size_t i = 0; i < std::size(statements); ++i) {
    if (!equal(statements[i]->nv_name, *names[i])) return EvidenceFault::WrongIndex;
  }
  for (const auto* statement : statements) {
    if (!equal(statement->qualifying, claim.manifest_digest)) return EvidenceFault::WrongManifest;
  }
  // The TPM computed the link itself: X(e+1) = SHA256(X(e) || SHA256(manifest)).
  const Digest link = crypto::sha256({claim.x_previous, claim.manifest_digest});
  if (link != claim.x_current || !equal(chain.value().contents, claim.x_current)) return EvidenceFault::ChainValue;
  const Bytes& count = counter.value().contents;
  if (count.size() != 8) return EvidenceFault::CounterBehind;
  if (claim.epoch > UINT64_MAX - pins.ctr_base) return EvidenceFault::CounterBehind;
  if (from_be<std::uint64_t>(ByteView(count).first<8>()) < pins.ctr_base + claim.epoch)
    return EvidenceFault::CounterBehind;
  if (!equal(slot.value().contents, claim.shred_value)) return EvidenceFault::SlotNotShredded;
  for (const auto* statement : statements) {
    if (statement->reset_count != chain.value().reset_count ||
        statement->restart_count != chain.value().restart_count) {
      return EvidenceFault::DifferentBoots;
    }
  }
  return EvidenceFault::None;
}

}  // namespace shosoin::tpm
