#include "storage/erasure/certificate.h"

namespace shosoin::erasure {

std::string_view describe(CertificateFault fault, bool japanese) {
  const auto pick = [&](std::string_view ja, std::string_view en) { return japanese ? ja : en; };
  switch (fault) {
    case CertificateFault::None:
      return pick("証明書は正しい。", "The certificate holds.");
    case CertificateFault::NotJson:
      return pick("JSONとして読めない。", "It is not JSON.");
    case CertificateFault::NotCanonical:
      return pick("正規形(RFC 8785)ではない。書き換えられた可能性がある。", "It is not in canonical form (RFC 8785): it was rewritten.");
    case CertificateFault::UnknownMember:
      return pick("未知の項目がある。", "It has an unknown member.");
    case CertificateFault::WrongFormat:
      return pick("この版の消去証明書ではない。", "It is not a certificate of this format.");
    case CertificateFault::BadField:
      return pick("項目が欠けているか、形が違う。", "A member is missing or malformed.");
    case CertificateFault::SignatureInvalid:
      return pick("署名が、初期化記録の鍵で確かめられない。別の装置のものか、書き換えられている。",
                  "The signature does not hold under the pinned key: of another appliance, or rewritten.");
    case CertificateFault::SerialMismatch:
      return pick("番号が目録と合わない。", "The serial does not fit the manifest.");
    case CertificateFault::ManifestMismatch:
      return pick("目録が読めないか、世代が合わない。", "The manifest is unreadable or of another epoch.");
    case CertificateFault::ChainMismatch:
      return pick("鎖の値が目録から導けない。", "The chain value does not follow from the manifest.");
    case CertificateFault::TenantNotInManifest:
      return pick("団体が目録にない。", "The tenant is not in the manifest.");
    case CertificateFault::CountMismatch:
      return pick("件数が合わない。", "The count does not match.");
    case CertificateFault::RowNotInManifest:
      return pick("消去した行が目録に含まれない。", "An erased row is not in the manifest.");
    case CertificateFault::SurvivingKeySlot:
      return pick("鍵の置き場所が上書きされていない。", "The key slot has not been overwritten.");
    case CertificateFault::TpmEvidence:
      return pick("TPMの証拠が合わない。", "The TPM's evidence does not fit.");
    case CertificateFault::OtherTenant:
      return pick("正しい証明書だが、尋ねた団体のものではない。", "It is right, but not of the tenant that was asked about.");
    case CertificateFault::TenantStays:
      return pick("団体の廃止の証明書だが、目録ではその団体が残っている。",
                  "It is of a tenant's removal, but the manifest keeps the tenant.");
  }
  return {};
}

std::string_view describe(tpm::EvidenceFault fault, bool japanese) {
  const auto pick = [&](std::string_view ja, std::string_view en) { return japanese ? ja : en; };
  switch (fault) {
    case tpm::EvidenceFault::None:
      return pick("TPMの証拠は正しい。", "The TPM's evidence holds.");
    case tpm::EvidenceFault::ChainSignature:
      return pick("鎖の証明の署名が正しくない。", "The chain attestation is not signed by the pinned key.");
    case tpm::EvidenceFault::CounterSignature:
      return pick("計数器の証明の署名が正しくない。", "The counter attestation is not signed by the pinned key.");
    case tpm::EvidenceFault::SlotSignature:
      return pick("鍵の置き場所の証明の署名が正しくない。", "The slot attestation is not signed by the pinned key.");
    case tpm::EvidenceFault::NotAnNvStatement:
      return pick("TPMのNV証明ではない。", "It is not an NV statement of a TPM.");
    case tpm::EvidenceFault::WrongIndex:
      return pick("別のNV領域の証明である。", "It speaks of another NV index.");
    case tpm::EvidenceFault::WrongManifest:
      return pick("別の目録に対する証明である。", "It was made for another manifest.");
    case tpm::EvidenceFault::ChainValue:
      return pick("TPMの鎖の値が違う。", "The TPM's chain value differs.");
    case tpm::EvidenceFault::CounterBehind:
      return pick("TPMの計数器が世代に届いていない。", "The TPM's counter has not reached the epoch.");
    case tpm::EvidenceFault::SlotNotShredded:
      return pick("鍵の置き場所が上書きされていない。", "The key slot has not been overwritten.");
    case tpm::EvidenceFault::DifferentBoots:
      return pick("証明が別々の起動で作られている。", "The attestations were made in different boots.");
    case tpm::EvidenceFault::Quote:
      return pick("TPMの起動状態の証明(クォート)が正しくない。", "The quote is not the pinned key's, or not about this manifest.");
  }
  return {};
}

}  // namespace shosoin::erasure
