// One request and its answer: route, check, ask the vault, hand its reply on. Knows no sockets: the body comes in
// pieces from a Body, the vault is a VaultPool. Runs on the worker thread of its connection.
#pragma once

#include <optional>
#include <span>

#include "admin-api/gate/answer.h"
#include "admin-api/gate/executor.h"
#include "admin-api/gate/http_head.h"
#include "admin-api/gate/login_line.h"
#include "admin-api/gate/request_map.h"
#include "admin-api/gate/vault_pool.h"

namespace shosoin::gate {

struct Piece {
  std::size_t size = 0;            // bytes written; 0 at the end
  std::optional<Problem> refused;  // the framing of the body is in doubt, or the client is gone
};
class Body {
 public:
  virtual ~Body() = default;
  virtual void bound(std::size_t most) = 0;  // what goes over it is refused by read() as soon as it is announced
  virtual Awaitable<Piece> read(std::span<std::uint8_t> out) = 0;
};

struct Exchange {
  VaultPool& vault;
  LoginLine& logins;
  const Peer& peer;
  unsigned long long request_number;
  std::string_view operation = "-";  // set once the route is known, for the access log
};
Awaitable<Answer> run_exchange(Exchange& exchange, const Head& head, Body& body);

}  // namespace shosoin::gate
