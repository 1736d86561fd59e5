// From path, headers and JSON body to a request of the protocol: the edge where outside text becomes typed fields,
// once. Whatever comes in, the request that comes out passes protocol::check, or a problem does. Pure; any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "admin-api/gate/http_head.h"
#include "admin-api/gate/problem.h"
#include "admin-api/gate/routes.h"

namespace shosoin::gate {

using Fingerprint = std::array<std::uint8_t, 32>;  // SHA-256 of a certificate (DER)
struct Peer {
  Fingerprint terminal{};   // the client certificate
  Fingerprint authority{};  // the one that issued it
};

// Terminal, session, path parameters, Idempotency-Key, Encoding: everything but the body.
std::optional<Problem> map_head(const Match& match, const Head& head, const Peer& peer, protocol::Request& out);
// The members of a JSON body. Pointers of a problem hold known names only: an unknown name might be somebody's number.
std::optional<Problem> map_json(const Route& route, std::string_view body, protocol::Request& out);
// Is the media type of the body the one the route takes?
std::optional<Problem> check_content_type(const Route& route, const Head& head);
// The part of a pointer that consists of the route's own names.
std::string known_part(const Route& route, std::string_view pointer);

}  // namespace shosoin::gate
