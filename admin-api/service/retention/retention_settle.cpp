// Terms of all records of a file, or of those with several versions, by its adopted rule (decisions 0061, 0075, 0076).
#include <algorithm>

#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/record_versions.h"
#include "admin-api/service/records/search_keys.h"
#include "admin-api/service/retention/documents.h"
#include "admin-api/service/retention/retention_terms.h"
#include "admin-api/service/service.h"
#include "firmware/base/log.h"
#include "storage/files/stored_row.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using retention::Term;
using retention::TermState;
using std::chrono::sys_days;

constexpr unsigned kSlices = 256;  // of the record ids, by their first byte: so that no look holds the store for long

struct Plain {  // of one row, wiped
  explicit Plain(Bytes read) : bytes(std::move(read)) {}
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  ~Plain() { memory::wipe(bytes); }
  Bytes bytes;
};

Result<Term> term_of_record(const Parts& parts, const TenantStore& store, const StoredRule& rule,
                            const generations::RecordEntry& record) {
  TRY(auto bytes, store.read_row(record.record.id, record.record.key));
  const Plain plain(std::move(bytes));
  TRY(const auto row, files::view_row(plain.bytes));
  TRY(const auto* definition, files::definition_of(row, parts.definitions.now()));
  return count_term(rule, *definition, row.group, row.values);
}

// All records of a rule's file with the term they have and the one the rule gives them.
class TermsWalk {
 public:
  using Visit = std::function<Result<void>(const RecordId&, const std::optional<Term>& before, const Term& after)>;
  TermsWalk(const Parts& parts, const TenantStore& store, const StoredRule& rule)
      : parts_(parts), store_(store), rule_(rule), confirmed_(store) {}

  // Records of which several versions may be provided, each record once; before the others.
  Result<void> versions(const Visit& visit) {
    return each([](const generations::RecordEntry& record) { return record.version > 1; },
                [&](const Hit& hit) { return together(hit, visit); });
  }
  Result<void> others(const Visit& visit) {
    return each(
        [](const generations::RecordEntry&) { return true; },
        [&](const Hit& hit) { return together_.contains(hit.id) ? Result<void>(success()) : alone(hit, visit); });
  }
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  Result<void> each(const std::function<bool(const generations::RecordEntry&)>& wanted,
                    const std::function<Result<void>(const Hit&)>& look) {
    for (unsigned slice = 0; slice < kSlices; ++slice) {
      std::vector<Hit> found;
      Result<void> read = success();
      TRY(store_.scan(TableId::Records, Bytes{static_cast<std::uint8_t>(slice)}, [&](const Entry& entry) {
        auto record = generations::decode_record_entry(*entry.value);
        if (!record) {
          read = record.error();
          return false;
        }
        if (record.value().file == rule_.file && wanted(record.value())) {
          found.push_back({*generations::record_of(entry.key), std::move(record.value())});
        }
        return true;
      }));
      TRY(std::move(read));
      for (const auto& hit : found) {
        TRY(look(hit));
      }
    }
    return success();
  }

  // By its own row. None: no row of one record keeps the others from their terms.
  Result<std::optional<Term>> own_term(const Hit& hit) {
    auto now = term_of_record(parts_, store_, rule_, hit.entry);
    if (!now && now.error().code() == ErrorCode::Integrity) {  // identified since it was found: it has another row
      TRY(const auto again, find_record(store_, hit.id));
      if (again && again->record.id != hit.entry.record.id) now = term_of_record(parts_, store_, rule_, *again);
      if (!again) return std::optional<Term>{};
    }
    if (now) return std::optional(std::move(now.value()));
    const auto code = now.error().code();
    if (code != ErrorCode::Integrity && code != ErrorCode::LostInRestore) return now.error();
    ++unreadable_;
    return std::optional<Term>{};
  }
  Term settled(const std::optional<Term>& before, const Term& now) const {
    if (!before) return now;
    return rule_.shortens ? retention::after_shortening_rule(*before, now) : retention::after_rule_change(*before, now);
  }

  Result<void> alone(const Hit& hit, const Visit& visit) {
    TRY(const auto now, own_term(hit));
    if (!now) return success();
    TRY(const auto before, find_term(store_, hit.id));
    return visit(hit.id, before, settled(before, *now));
  }

  Result<void> together(const Hit& hit, const Visit& visit) {
    TRY(const auto versions, provided_versions(store_, confirmed_, hit.entry));
    if (versions.size() < 2 || versions.back().id != hit.id) return success();
    std::vector<std::optional<Term>> own, before;
    std::vector<Term> terms;
    for (const auto& version : versions) {
      TRY(own.emplace_back(), own_term(version));
      TRY(before.emplace_back(), find_term(store_, version.id));
      terms.push_back(own.back().value_or(retention::not_begun(rule_.counted)));
    }
    terms = retention::terms_of_versions(std::move(terms));
    for (std::size_t i = 0; i < terms.size(); ++i) terms[i] = settled(before[i], terms[i]);
    terms = retention::terms_of_versions(std::move(terms));  // what an earlier rule had fixed counts for all of them
    for (std::size_t i = 0; i < terms.size(); ++i) {
      together_.insert(versions[i].id);
      const bool unknown = !own[i] && !before[i] && terms[i].state == TermState::NotBegun;
      if (unknown) continue;
      TRY(visit(versions[i].id, before[i], terms[i]));
    }
    return success();
  }

  const Parts& parts_;
  const TenantStore& store_;
  const StoredRule& rule_;
  ConfirmedImports confirmed_;
  std::set<RecordId> together_;
  std::uint64_t unreadable_ = 0;
};

// Of a term that has changed: the new one, and no due date of the old one.
Result<void> add_changed(generations::EntrySorter& sorter, const std::string& file, const RecordId& id,
                         const std::optional<Term>& before, const Term& after) {
  if (const auto old = before ? retention::due_day(*before) : std::nullopt) {
    TRY(sorter.add({due_key(*old, id), std::nullopt}));
  }
  for (const auto& entry : term_entries(id, file, after)) {
    TRY(sorter.add(entry));
  }
  return success();
}

// The line about it, and the mark goes - unless another rule was adopted or another version came during the walk: that
// is still to count.
Result<void> note_settled(TenantStore& store, const std::string& file, std::uint16_t counted_by,
                          const std::optional<Bytes>& mark, json::object line) {
  TRY(store.change([&](std::uint64_t) -> Result<generations::Change> {
    TRY(const auto rule, adopted_rule(store, file));
    TRY(const auto now, store.get(unsettled_key(file)));
    generations::Change change{{}, {}, {}, log_entry(line)};
    if ((rule ? rule->counted.version : 0) == counted_by && now == mark) {
      change.entries.push_back({unsettled_key(file), std::nullopt});
    }
    return change;
  }));
  return success();
}

}  // namespace

Result<void> settle_terms(Parts& parts, TenantStore& store, const std::string& file) {
  TRY(const auto mark, store.get(unsettled_key(file)));
  TRY(const auto what, mark ? read_unsettled(*mark) : Result<Unsettled>(Unsettled::All));
  TRY(const auto rule, adopted_rule(store, file));
  json::object line{{"operation", "retention-terms"}, {"result", "ok"}, {"recordFile", file}};
  if (!rule) return note_settled(store, file, 0, mark, std::move(line));
  if (file == kWorkingDocuments) {
    TRY(const auto settled, settle_documents(parts, store, *rule));
    line["ruleVersion"] = rule->counted.version;
    line["count"] = settled.count;
    line["changed"] = settled.changed;
    return note_settled(store, file, rule->counted.version, mark, std::move(line));
  }
  const auto sorter = store.sorter();
  TermsWalk walk(parts, store, *rule);
  std::uint64_t counted = 0, changed = 0;
  const TermsWalk::Visit add = [&](const RecordId& id, const std::optional<Term>& before, const Term& after) {
    ++counted;
    if (before && *before == after) return Result<void>(success());
    ++changed;
    return add_changed(*sorter, file, id, before, after);
  };
  TRY(walk.versions(add));
  if (what == Unsettled::All) {
    TRY(walk.others(add));
  }
  TRY(const auto entries, sorter->sorted());
  // If power goes inside: the old generation stands or the new one, whole; the mark does in both, and the terms are
  // computed anew.
  if (changed != 0 || what == Unsettled::All) {
    TRY(parts.appliance.merge(store, *entries, {}));
  }
  if (walk.unreadable() != 0) oplog::warning("records that cannot be read stay without a term");
  line["ruleVersion"] = rule->counted.version;
  line["count"] = counted;
  line["changed"] = changed;
  line["unreadable"] = walk.unreadable();
  return note_settled(store, file, rule->counted.version, mark, std::move(line));
}

Result<bool> settle_now(Parts& parts, TenantStore& store, const std::string& file) {
  std::unique_lock no_batch(parts.erasures);
  const auto done = settle_terms(parts, store, file);
  if (done) return true;
  oplog::failure("terms could not be computed; the maintenance tries again", done.error());
  if (ends_process(done.error().code())) return done.error();
  return false;
}

Result<void> settle_unsettled(Parts& parts, TenantStore& store) {
  const auto prefix = unsettled_key({});
  TRY(const bool any, store.any(TableId::Facts, prefix.bytes));
  if (!any) return success();
  std::vector<std::string> files;
  TRY(store.scan(TableId::Facts, prefix.bytes, [&](const Entry& entry) {
    files.emplace_back(text_of(entry.key.bytes).substr(prefix.bytes.size()));
    return true;
  }));
  std::unique_lock no_batch(parts.erasures);
  for (const auto& file : files) {
    TRY(settle_terms(parts, store, file));
  }
  return success();
}

Result<Shortening> would_shorten(const Parts& parts, const TenantStore& store, const StoredRule& rule) {
  TermsWalk walk(parts, store, rule);
  Shortening out;
  const TermsWalk::Visit look = [&](const RecordId&, const std::optional<Term>& before, const Term& after) {
    const bool sooner = before && before->state == TermState::Fixed && after.state == TermState::Fixed &&
                        sys_days{after.end} < sys_days{before->end};
    if (!sooner) return Result<void>(success());
    ++out.count;
    if (!out.earliest_end || sys_days{after.end} < sys_days{*out.earliest_end}) out.earliest_end = after.end;
    return Result<void>(success());
  };
  TRY(walk.versions(look));
  TRY(walk.others(look));
  return out;
}

}  // namespace shosoin::service
