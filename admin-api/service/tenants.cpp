#include "admin-api/service/tenants.h"

namespace shosoin::service {

Tenants::Tenants(erasure::Appliance& appliance, FirstOpen first_open)
    : appliance_(appliance), first_open_(std::move(first_open)) {
  refresh();
}

void Tenants::refresh() {
  auto found = appliance_.tenants();
  std::unique_lock lock(mutex_);
  for (auto& facts : found) facts_.insert_or_assign(facts.id, std::move(facts));
}

void Tenants::forget(const TenantId& id) {
  std::unique_lock lock(mutex_);
  opened_.erase(id);
  if (const auto found = facts_.find(id); found != facts_.end()) {
    open_codes_.erase(found->second.code);
    facts_.erase(found);
  }
}

std::optional<TenantFacts> Tenants::by_code(std::string_view code) const {
  std::unique_lock lock(mutex_);
  for (const auto& [id, facts] : facts_) {
    if (facts.code == code) return facts;
  }
  return std::nullopt;
}

std::optional<TenantFacts> Tenants::facts(const TenantId& id) const {
  std::unique_lock lock(mutex_);
  const auto found = facts_.find(id);
  return found == facts_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<TenantFacts> Tenants::all() const {
  std::unique_lock lock(mutex_);
  std::vector<TenantFacts> out;
  for (const auto& [id, facts] : facts_) out.push_back(facts);
  return out;
}

Result<TenantStore*> Tenants::open(const TenantId& id) {
  if (auto* store = opened(id)) return store;
  std::unique_lock opening(opening_);
  if (auto* store = opened(id)) return store;
  TRY(auto* store, appliance_.tenant(id));
  TRY(store->ensure_log_keys());
  TRY(first_open_(*store));
  std::unique_lock lock(mutex_);
  opened_[id] = store;
  if (const auto found = facts_.find(id); found != facts_.end()) open_codes_.insert(found->second.code);
  return store;
}

TenantStore* Tenants::opened(const TenantId& id) const {
  if (id == kAppliance) return &appliance_.zero();
  std::unique_lock lock(mutex_);
  const auto found = opened_.find(id);
  return found == opened_.end() ? nullptr : found->second;
}

bool Tenants::is_open(std::string_view code) const {
  std::unique_lock lock(mutex_);
  return open_codes_.contains(code);
}

std::vector<TenantStore*> Tenants::all_opened() const {
  std::unique_lock lock(mutex_);
  std::vector<TenantStore*> out;
  for (const auto& [id, store] : opened_) out.push_back(store);
  return out;
}

}  // namespace shosoin::service
