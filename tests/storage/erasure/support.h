// One appliance on a software TPM that has made one batch, for all tests of this room; certificates changed and signed
// again with its own key, so that a test reaches what stands behind the signature. One thread.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <functional>
#include <iterator>

#include "crypto/canonical_json.h"
#include "storage/erasure/certificate.h"
#include "tests/fault/epoch_rig.h"

namespace shosoin::test {

inline SigningSeed signing_seed() {  // what the rig puts into tenant zero
  std::array<std::uint8_t, 32> bytes;
  bytes.fill(7);
  return SigningSeed::copy_from(bytes);
}
inline std::string sign_again(boost::json::object object) {
  object.erase("signature");
  const auto signature = crypto::ed25519_sign(signing_seed(), view_of(crypto::canonical_json(object)));
  object["signature"] = to_base64(signature);
  return crypto::canonical_json(object);
}

// What verifiers pin of a rig's appliance.
inline erasure::ProvisioningRecord record_of(const TestAppliance& hardware) {
  erasure::ProvisioningRecord record;
  record.appliance_id = "00112233445566778899aabbccddeeff";
  record.made_at = "2026-11-22T09:00:00.000+09:00";
  record.pins = hardware.pins;
  record.signing_key = crypto::ed25519_public_key(signing_seed());
  record.tpm_manufacturer = "IBM";
  record.tpm_vendor = "SW   TPM";
  record.software_tpm = true;
  return record;
}

class ErasedOnce {
 public:
  ErasedOnce() {
    ENSURE(rig.start());
    serials = rig.erase_some().value().serials;
    record = record_of(rig.hardware());
    certificate = rig.appliance().certificate(rig.tenants[0], serials[0]).value();
    batch_certificate = rig.appliance().batch_certificate(1).value();
    other_certificate = rig.appliance().certificate(rig.tenants[1], serials[1]).value();
  }
  std::string record_text() const {
    return erasure::sign_provisioning_record(record, crypto::custodian_signing_scalar(custodians()));
  }
  boost::json::object json() const { return boost::json::parse(certificate).as_object(); }
  // The certificate with one thing changed and signed again.
  erasure::CertificateCheck forge(const std::function<void(boost::json::object&)>& change) const {
    auto object = json();
    change(object);
    return erasure::verify_certificate(sign_again(std::move(object)), record);
  }
  const CustodianSecret& custodians() const { return rig.hardware().custodian_secret; }

  mutable EpochRig rig;
  erasure::ProvisioningRecord record;
  std::vector<std::string> serials;
  std::string certificate, other_certificate, batch_certificate;
};

// The same for a tenant that was removed: B, closed, while A lost some records in the same batch.
class RemovedOnce {
 public:
  RemovedOnce() {
    ENSURE(rig.start());
    std::vector<erasure::ErasureOrder> orders(2);
    orders[0].tenant = rig.tenants[0];
    orders[0].records.insert(rig.records.at(rig.tenants[0])[0].id);
    orders[0].declaration = R"({"count":1,"recordFile":"test"})";
    orders[0].log = {false, R"({"operation":"erased"})"};
    orders[1].tenant = rig.tenants[1];
    orders[1].declaration = R"({"tenant":{"localGovernmentCode":"111007"}})";
    orders[1].log = {false, R"({"operation":"tenant-removed"})"};
    orders[1].remove_tenant = true;
    const auto serials = rig.appliance().run_batch(std::move(orders), 24).value().serials;
    record = record_of(rig.hardware());
    of_a = rig.appliance().certificate(rig.tenants[0], serials[0]).value();
    certificate = rig.appliance().certificate(rig.tenants[1], serials[1]).value();
    batch_certificate = rig.appliance().batch_certificate(1).value();
  }
  std::string record_text() const {
    return erasure::sign_provisioning_record(
        record, crypto::custodian_signing_scalar(rig.hardware().custodian_secret));
  }
  mutable EpochRig rig;
  erasure::ProvisioningRecord record;
  std::string of_a, certificate, batch_certificate;
};

}  // namespace shosoin::test
