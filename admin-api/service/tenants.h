// Which tenants there are and which of them this process has opened. A tenant is opened on first use, or by the
// maintenance when nobody comes (decision 0081); what a stop left half done in it is put in order before anything else
// sees it. Any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "storage/erasure/appliance.h"

namespace shosoin::service {

using erasure::TenantFacts;
using generations::TenantStore;

class Tenants {
 public:
  using FirstOpen = std::function<Result<void>(TenantStore&)>;
  Tenants(erasure::Appliance& appliance, FirstOpen first_open);
  void refresh();                   // after a tenant was created
  void forget(const TenantId& id);  // after it was removed: like one that never was
  std::optional<TenantFacts> by_code(std::string_view code) const;
  std::optional<TenantFacts> facts(const TenantId& id) const;  // none for the appliance
  std::vector<TenantFacts> all() const;
  Result<TenantStore*> open(const TenantId& id);
  TenantStore* opened(const TenantId& id) const;  // null while closed; tenant zero always is open
  bool is_open(std::string_view code) const;
  std::vector<TenantStore*> all_opened() const;  // without tenant zero
  std::vector<TenantFacts> not_opened() const;   // the damaged ones too
  std::vector<TenantFacts> damaged() const;      // their data do not open; told in the log when it was found

 private:
  Result<TenantStore*> open_now(const TenantId& id);
  void note_damaged(const TenantId& id, const Error& error);
  erasure::Appliance& appliance_;
  FirstOpen first_open_;
  mutable std::mutex mutex_;
  std::map<TenantId, TenantFacts> facts_;
  std::map<TenantId, TenantStore*> opened_;
  std::set<std::string, std::less<>> open_codes_;
  std::set<TenantId> damaged_;
  std::mutex opening_;  // one first opening at a time
};

}  // namespace shosoin::service
