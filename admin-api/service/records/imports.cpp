#include "admin-api/service/records/imports.h"

#include <boost/json/serialize.hpp>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/import_rows.h"
#include "admin-api/service/stored_json.h"
#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;

constexpr int kFlatFormat = 1;  // UTF-8 and the file's only table, always
constexpr int kImportFormat = 2;

bool flag_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object profile_told(const files::ImportProfile& profile) {
  const bool declared = profile.characters.collection == files::IvsCollection::MojiJoho;
  return {{"fiveDigitCodes", profile.five_digit_codes},
          {"standardCharacters", profile.characters.standard_characters},
          {"ivsCollection", declared ? kMojiJoho : kNoCollection}};
}

Result<ImportForm> read_form(const json::object& object) {
  const Error broken{ErrorCode::Integrity, "read the form of an import"};
  const auto encoding = files::encoding_of(text_member(object, "encoding"));
  const auto* profile = object.if_contains("profile");
  if (!encoding || profile == nullptr || !profile->is_object()) return broken;
  const auto& said = profile->get_object();
  const auto collection = text_member(said, "ivsCollection");
  if (collection != kMojiJoho && collection != kNoCollection) return broken;
  ImportForm form{text_member(object, "group"), {}};
  form.profile.encoding = *encoding;
  form.profile.five_digit_codes = flag_member(said, "fiveDigitCodes");
  form.profile.characters.standard_characters = flag_member(said, "standardCharacters");
  form.profile.characters.collection =
      collection == kMojiJoho ? files::IvsCollection::MojiJoho : files::IvsCollection::None;
  return form;
}

Result<ImportFacts> read_facts(const EntryKey& key, ByteView value) {
  auto parsed = crypto::parse_strict(text_of(value));
  if (!parsed || !parsed.value().is_object()) return Error{ErrorCode::Integrity, "read the entry of an import"};
  auto& object = parsed.value().get_object();
  ImportFacts facts;
  TRY(facts.id, RecordId::from(key.bytes));
  facts.state = text_member(object, "state");
  facts.file = text_member(object, "recordFile");
  facts.opened_by = text_member(object, "openedBy");
  const auto* format = object.if_contains("format");
  const auto* seq = object.if_contains("seq");
  const auto* told = object.if_contains("told");
  const auto terminal = from_hex(text_member(object, "openedAtTerminal"));
  const bool known = format != nullptr && (*format == kFlatFormat || *format == kImportFormat);
  if (!known || seq == nullptr || !seq->is_int64() || told == nullptr || !told->is_object() || !terminal ||
      terminal->size() != facts.opened_at.size()) {
    return Error{ErrorCode::Integrity, "read the entry of an import"};
  }
  std::copy(terminal->begin(), terminal->end(), facts.opened_at.begin());
  facts.seq = static_cast<std::uint64_t>(seq->get_int64());
  if (const auto* versions = object.if_contains("versions"); versions != nullptr) {
    if (!versions->is_int64() || versions->get_int64() < 0)
      return Error{ErrorCode::Integrity, "read the entry of an import"};
    facts.versions = static_cast<std::uint64_t>(versions->get_int64());
  }
  facts.told = std::move(told->get_object());
  if (*format == kImportFormat) {
    TRY(facts.form, read_form(object));
  }
  return facts;
}

}  // namespace

Result<std::optional<ImportFacts>> find_import(const TenantStore& store, const RecordId& id) {
  const EntryKey key{TableId::Imports, copy_of(id.view())};
  TRY(auto stored, store.get(key));
  if (!stored) return std::optional<ImportFacts>{};
  TRY(auto facts, read_facts(key, *stored));
  return std::optional(std::move(facts));
}

Result<std::vector<ImportFacts>> all_imports(const TenantStore& store) {
  std::vector<ImportFacts> out;
  Result<void> read = success();
  TRY(store.scan(TableId::Imports, {}, [&](const Entry& entry) {
    auto facts = read_facts(entry.key, *entry.value);
    if (!facts) {
      read = facts.error();
      return false;
    }
    out.push_back(std::move(facts.value()));
    return out.size() < limits::kMaxImportsListed;
  }));
  TRY(std::move(read));
  return out;
}

Entry import_entry(const ImportFacts& facts) {
  json::object object{{"format", kImportFormat},
                      {"state", facts.state},
                      {"recordFile", facts.file},
                      {"seq", static_cast<std::int64_t>(facts.seq)},
                      {"openedBy", facts.opened_by},
                      {"openedAtTerminal", to_hex(facts.opened_at)},
                      {"told", facts.told},
                      {"group", facts.form.group},
                      {"encoding", files::to_text(facts.form.profile.encoding)},
                      {"profile", profile_told(facts.form.profile)}};
  if (facts.versions != 0) object["versions"] = facts.versions;
  return {{TableId::Imports, copy_of(facts.id.view())}, copy_of(view_of(json::serialize(object)))};
}

json::object shown(const ImportFacts& facts) {
  json::object out{{"importId", facts.id.hex()},
                   {"state", facts.state},
                   {"recordFile", facts.file},
                   {"group", facts.form.group},
                   {"encoding", files::to_text(facts.form.profile.encoding)},
                   {"profile", profile_told(facts.form.profile)}};
  for (const auto& member : facts.told) out[member.key()] = member.value();
  return out;
}

Result<std::size_t> group_of(const files::Definition& definition, const ImportForm& form) {
  if (form.group.empty()) return std::size_t{0};
  const auto group = definition.group_index(form.group);
  if (!group) return Error{ErrorCode::NotFound, "find a table of the record file"};
  return *group;
}

Result<bool> ConfirmedImports::contains(const RecordId& import) {
  if (const auto known = known_.find(import); known != known_.end()) return known->second;
  bool confirmed = false;
  if (memory_ != nullptr) {
    TRY(const auto kept, memory_->get(store_, text_of(import.view()), [&] { return look_up(import); }));
    confirmed = *kept;
  } else {
    TRY(confirmed, look_up(import));
  }
  known_.emplace(import, confirmed);
  return confirmed;
}

Result<bool> ConfirmedImports::look_up(const RecordId& import) const {
  TRY(auto facts, find_import(store_, import));
  return facts && facts->state == "confirmed";
}

Imports::Imports(const Clock& clock) : clock_(clock) {}
Imports::~Imports() = default;

// If power goes before the change: the next opening finds the same again, and dropping rows twice drops nothing more.
Result<void> Imports::abandon(TenantStore& store, ImportFacts facts) {
  TRY(store.drop_rows_of_seq(facts.seq));
  facts.state = "abandoned";
  facts.told["abandonedAt"] = to_iso8601(clock_.now());
  TRY(store.change([&](std::uint64_t) -> Result<Change> {
    return Change{{import_entry(facts)},
                  {},
                  {},
                  log_entry({{"operation", "import-abandoned"},
                             {"result", "ok"},
                             {"importId", facts.id.hex()},
                             {"recordFile", facts.file},
                             {"operator", json::object{{"id", facts.opened_by}}}})};
  }));
  return success();
}

Result<void> Imports::abandon_unfinished(TenantStore& store) {
  TRY(auto all, all_imports(store));
  for (auto& facts : all) {
    if (facts.state == "receiving" || facts.state == "publishing") {
      TRY(abandon(store, std::move(facts)));
    }
  }
  return success();
}

void Imports::begin_round() {
  std::unique_lock lock(mutex_);
  for (auto& [id, slot] : receiving_) {
    if (slot.stray == Stray::Found) slot.stray = Stray::ThisRound;
  }
}
void Imports::end_round() {
  std::unique_lock lock(mutex_);
  std::erase_if(receiving_, [](const auto& named) { return named.second.stray == Stray::ThisRound; });
}

Result<void> Imports::lapse(TenantStore& store) {
  std::vector<RecordId> over, strays;
  std::vector<std::unique_ptr<Receiving>> lapsed_ones;  // go behind the lock: they wait for what they are writing
  {
    std::unique_lock lock(mutex_);
    over.reserve(receiving_.size());  // ahead: what is taken out of its slot is given up for certain
    lapsed_ones.reserve(receiving_.size());
    for (auto& [id, slot] : receiving_) {
      if (slot.stray == Stray::ThisRound) strays.push_back(id);
    }
    for (auto& [id, slot] : receiving_) {
      const bool lapsed = slot.receiving && &slot.receiving->store == &store &&
                          clock_.now() - slot.receiving->last >= limits::kImportIdle;
      if (lapsed) over.push_back(id);
      if (lapsed) lapsed_ones.push_back(std::move(slot.receiving));  // claimed, until its entry says so
    }
  }
  lapsed_ones.clear();
  Result<void> outcome = success();
  for (const auto& id : over) {
    HeldSlot slot(*this, id);
    auto done = give_up(store, id);
    if (done) continue;
    slot.leave();
    if (outcome) outcome = std::move(done);
  }
  for (const auto& id : strays) {  // of this store or another: give_up changes nothing where it is not known
    auto done = give_up(store, id);
    if (done) continue;
    leave_stray(id);  // again in the next round
    if (outcome) outcome = std::move(done);
  }
  return outcome;
}

Result<void> Imports::give_up(TenantStore& store, const RecordId& id) {
  TRY(auto facts, find_import(store, id));
  if (!facts || (facts->state != "receiving" && facts->state != "publishing")) return success();
  return abandon(store, std::move(*facts));
}

Result<void> Imports::claim(const RecordId& id) {
  std::unique_ptr<Receiving> before;  // goes behind the lock: it waits for what it is writing
  std::unique_lock lock(mutex_);
  const auto found = receiving_.find(id);
  if (found != receiving_.end() && !found->second.receiving) {
    return Error{ErrorCode::Conflict, "work on an import that is being worked on"};
  }
  if (found == receiving_.end() && receiving_.size() >= limits::kMaxOpenImports) {
    return Error{ErrorCode::TooMany, "receive one more import at once"};
  }
  if (found != receiving_.end()) before = std::move(found->second.receiving);
  receiving_[id] = {};
  return success();
}

Result<std::unique_ptr<Receiving>> Imports::take(const TenantId& tenant, const RecordId& id) {
  std::unique_lock lock(mutex_);
  const auto found = receiving_.find(id);
  if (found == receiving_.end()) return Error{ErrorCode::NotFound, kNothing};
  auto& held = found->second.receiving;
  if (!held) return Error{ErrorCode::Conflict, "work on an import that is being worked on"};
  if (held->store.tenant() != tenant) return Error{ErrorCode::NotFound, kNothing};
  return std::move(held);
}

void Imports::put(std::unique_ptr<Receiving> receiving) {
  std::unique_lock lock(mutex_);
  const auto id = receiving->id;
  ENSURE(receiving_.contains(id));
  receiving->last = clock_.now();
  receiving_[id] = {std::move(receiving), Stray::No};
}

std::optional<std::uint64_t> Imports::received(const RecordId& id) {
  std::unique_lock lock(mutex_);
  const auto found = receiving_.find(id);
  if (found == receiving_.end() || !found->second.receiving) return std::nullopt;
  return found->second.receiving->received;
}

void HeldSlot::put(std::unique_ptr<Receiving> receiving) {
  held_ = false;
  imports_.put(std::move(receiving));
}

void Imports::leave_stray(const RecordId& id) noexcept {
  std::unique_lock lock(mutex_);
  const auto found = receiving_.find(id);
  if (found != receiving_.end()) found->second.stray = Stray::Found;
}

std::shared_ptr<Assignments> Imports::assignments(const TenantId& tenant) {
  std::unique_lock lock(mutex_);
  std::erase_if(assignments_, [](const auto& known) { return known.second.expired(); });
  auto open = assignments_[tenant].lock();
  if (!open) assignments_[tenant] = open = std::make_shared<Assignments>();
  return open;
}

void Imports::done(const RecordId& id) {
  std::unique_lock lock(mutex_);
  receiving_.erase(id);
}

}  // namespace shosoin::service
