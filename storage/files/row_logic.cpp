#include "storage/files/row_logic.h"

#include <algorithm>

#include "storage/files/dates.h"

namespace shosoin::files {
namespace {

// A date written in two ways is the same date; everything else is compared as received.
bool same_value(const Item& item, const std::string& left, const std::string& right) {
  if (left == right) return true;
  if (item.type != ItemType::Date && item.type != ItemType::Month) return false;
  const auto read = [&](const std::string& text) {
    return item.type == ItemType::Month ? read_month(text) : read_date(text);
  };
  const auto one = read(left), other = read(right);
  return one && other && one.value().date == other.value().date;
}

// For certain: unknown parts are given the benefit.
bool runs_backwards(const std::string& earlier, const std::string& later) {
  const auto from = read_date(earlier), to = read_date(later);
  if (!from || !to) return false;
  const auto first = from.value().date.earliest_possible();
  const auto last = to.value().date.latest_possible();
  return first && last && *first > *last;
}

}  // namespace

RowLogic::RowLogic(const Definition& definition, std::size_t group) : items_(definition.items_of(group)) {
  for (const auto& check : definition.checks()) {
    if (check.group == group) checks_.push_back(&check);
  }
}

bool RowLogic::holds(const LogicCondition& condition, const std::vector<std::string>& values) const {
  const auto& value = values[condition.item];
  if (condition.values.empty()) return !value.empty();
  return std::find(condition.values.begin(), condition.values.end(), value) != condition.values.end();
}

bool RowLogic::is_filled(std::size_t item, const RecordInput& record) const {
  const auto role = items_[item].role;
  if (role == ItemRole::IndividualNumber) return record.individual_number.has_value();
  if (is_individual_number(role)) {
    return std::any_of(record.other_numbers.begin(), record.other_numbers.end(),
                       [&](const OtherNumber& other) { return other.item == item; });
  }
  return !record.values[item].empty();
}

void RowLogic::say(const LogicCheck& check, std::optional<std::size_t> item, const Place& place,
                   const FindingSink& tell) const {
  Finding finding{.rule = RuleId::LogicCheck, .row = place.row, .column = 0, .item = ""};
  if (item) {
    finding.column = static_cast<std::uint32_t>(*item + 1) + place.columns_before;
    finding.item = items_[*item].name;
  }
  finding.check = check.key;
  finding.own = {check.ja, check.en};
  tell(std::move(finding));
}

void RowLogic::check_within(const LogicCheck& check, const RecordInput& record, const Place& place,
                            const FindingSink& tell) const {
  const auto& values = record.values;
  switch (check.rule) {
    case LogicRule::Required:
      for (const auto item : check.items) {
        if (!is_filled(item, record)) say(check, item, place, tell);
      }
      return;
    case LogicRule::InOrder:
      for (std::size_t later = 1; later < check.items.size(); ++later) {
        const auto before = std::span(check.items).first(later);
        const bool backwards = std::any_of(before.begin(), before.end(), [&](std::size_t earlier) {
          return runs_backwards(values[earlier], values[check.items[later]]);
        });
        if (backwards) say(check, check.items[later], place, tell);
      }
      return;
    case LogicRule::OneOf: {
      const auto item = check.items.front();
      const bool listed = std::find(check.values.begin(), check.values.end(), values[item]) != check.values.end();
      if (!values[item].empty() && !listed) say(check, item, place, tell);
      return;
    }
    case LogicRule::SubjectAbsent:
    case LogicRule::SubjectExists:
    case LogicRule::ChangesOnly:
      return;
  }
}

// Whether the check let a change of a known subject pass.
bool RowLogic::check_subject(const LogicCheck& check, const std::optional<SubjectRow>& known, const Place& place,
                             const FindingSink& tell) const {
  const bool gone = known && check.gone && holds(*check.gone, known->values);
  const bool exists = known && !gone;
  if (exists == (check.rule == LogicRule::SubjectExists)) return known.has_value();
  say(check, check.when ? std::optional(check.when->item) : std::nullopt, place, tell);
  return false;
}

void RowLogic::check_changes(const LogicCheck& check, const RecordInput& record, const SubjectRow& known,
                             const Place& place, const FindingSink& tell) const {
  for (std::size_t item = 0; item < items_.size(); ++item) {
    if (std::find(check.items.begin(), check.items.end(), item) != check.items.end()) continue;
    const bool same = items_[item].role == ItemRole::IndividualNumber
                          ? record.individual_number == known.individual_number
                          : same_value(items_[item], known.values[item], record.values[item]);
    if (!same) say(check, item, place, tell);
  }
}

Result<bool> RowLogic::check(const Place& place, const RecordInput& record, const SubjectLookup& lookup,
                             const FindingSink& tell) const {
  std::optional<SubjectRow> known;
  bool asked = false, change = false, refused = false;
  const FindingSink note = [&](Finding finding) {
    refused = true;
    tell(std::move(finding));
  };
  for (const auto* check : checks_) {
    if (check->when && !holds(*check->when, record.values)) continue;
    if (!is_about_subject(check->rule)) {
      check_within(*check, record, place, note);
      continue;
    }
    if (!asked && lookup) {
      TRY(known, lookup(record));
      ENSURE(!known || known->values.size() == items_.size());
    }
    asked = true;
    if (check->rule == LogicRule::ChangesOnly) {
      if (known) check_changes(*check, record, *known, place, note);
    } else {
      change = check_subject(*check, known, place, note) || change;
    }
  }
  return change && !refused;
}

}  // namespace shosoin::files
