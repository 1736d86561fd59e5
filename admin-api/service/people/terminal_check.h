// Which terminal a request of the gate comes from, and that its certificate was issued by the right authority: a
// certificate of one tenant's authority never stands for another tenant's terminal. Any thread.
#pragma once

#include <map>
#include <mutex>

#include "admin-api/service/people/people.h"
#include "admin-api/service/tenants.h"

namespace shosoin::service {

struct Parts;
struct Context;

// The tenants' authorities by the fingerprint of their certificates; read once, then kept up by who adds one.
class TerminalAuthorities {
 public:
  // None: the root, which certifies the data centre's own terminals, or an authority from outside. There the list of
  // terminals alone decides.
  Result<std::optional<TenantId>> owner(const TenantStore& zero, const Tenants& tenants,
                                        const Fingerprint& certificate);
  void learn(const Fingerprint& certificate, const TenantId& tenant);

 private:
  std::mutex mutex_;
  bool read_ = false;
  std::map<Fingerprint, TenantId> owners_;
};

// None: not on the list, or the certificate is of another tenant's authority. The two look alike to who asks.
Result<std::optional<Terminal>> terminal_of(Parts& parts, const Context& context);

}  // namespace shosoin::service
