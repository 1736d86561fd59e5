// A certificate as text members become typed values: shapes only, nothing is believed yet. This room's own; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>

#include "storage/erasure/certificate.h"

namespace shosoin::erasure {

struct ParsedCertificate {
  CertificateBody body;        // of a batch: kind and epoch only
  boost::json::array tenants;  // of a batch
  std::uint64_t erased_count = 0;  // of a removal
  Digest erased_root{};            // of a removal
  Evidence evidence;
  std::string serial;
  bool software = false;
  bool of_batch() const { return body.kind == CertificateKind::Batch; }
};
// nullopt: a member is malformed. Its members are known to be exactly those of its format.
std::optional<ParsedCertificate> read_certificate(const boost::json::object& object, CertificateKind kind);

// A member as text, or empty; as a number that is not negative; base64, or empty.
std::string text_of_member(const boost::json::object& object, std::string_view name);
std::optional<std::uint64_t> number_member(const boost::json::object& object, std::string_view name);
Bytes base64_member(const boost::json::object& object, std::string_view name);

// What a batch's certificate says about tenants: of the manifest, in its order.
boost::json::array erased_of_tenants(const Manifest& manifest);

}  // namespace shosoin::erasure
