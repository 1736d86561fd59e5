#include "admin-api/service/tenants.h"

#include "firmware/base/log.h"

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
  damaged_.erase(id);
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
  auto store = open_now(id);
  if (!store && store.error().code() == ErrorCode::Integrity) note_damaged(id, store.error());
  return store;
}

// Integrity error for that tenant, named; the others serve (DESIGN section 4).
void Tenants::note_damaged(const TenantId& id, const Error& error) {
  std::unique_lock lock(mutex_);
  if (!damaged_.insert(id).second) return;
  const auto found = facts_.find(id);
  oplog::info_public("a tenant is not served: its stored data are damaged",
                     found == facts_.end() ? id.hex() : found->second.code);
  oplog::failure("what is damaged", error);
}

Result<TenantStore*> Tenants::open_now(const TenantId& id) {
  TRY(auto* store, appliance_.tenant(id));
  TRY(store->ensure_log_keys());
  TRY(first_open_(*store));
  std::unique_lock lock(mutex_);
  opened_[id] = store;
  damaged_.erase(id);
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

std::vector<TenantFacts> Tenants::not_opened() const {
  std::unique_lock lock(mutex_);
  std::vector<TenantFacts> out;
  for (const auto& [id, facts] : facts_) {
    if (!opened_.contains(id)) out.push_back(facts);
  }
  return out;
}

std::vector<TenantFacts> Tenants::damaged() const {
  std::unique_lock lock(mutex_);
  std::vector<TenantFacts> out;
  for (const auto& [id, facts] : facts_) {
    if (damaged_.contains(id)) out.push_back(facts);
  }
  return out;
}

std::vector<TenantStore*> Tenants::all_opened() const {
  std::unique_lock lock(mutex_);
  std::vector<TenantStore*> out;
  for (const auto& [id, store] : opened_) out.push_back(store);
  return out;
}

}  // namespace shosoin::service
