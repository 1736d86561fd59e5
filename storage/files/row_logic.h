// The logic checks of one table (measure D-11), asked of a row whose values have each been accepted. Pure but for the
// lookup it is given; one thread at a time.
#pragma once

#include <functional>

#include "storage/files/findings.h"
#include "storage/files/record.h"

namespace shosoin::files {

// The subject's confirmed row of the same file and table, newest version: values in the order of the definition in use.
struct SubjectRow {
  std::vector<std::string> values;  // "" where an individual number stands
  std::optional<IndividualNumber> individual_number{};
};
// By 住民票コード, else 宛名番号. None: nothing confirmed. Asked at most once for a row.
using SubjectLookup = std::function<Result<std::optional<SubjectRow>>(const RecordInput&)>;

class RowLogic {
 public:
  // The definition must outlive it.
  RowLogic(const Definition& definition, std::size_t group);
  bool has_checks() const noexcept { return !checks_.empty(); }
  struct Place {
    std::uint64_t row = 0;
    std::uint32_t columns_before = 0;  // 1 where 宛名番号 stands in front
  };
  // Tells one finding for each item at fault. The answer: whether the row is the change of a known subject that a check
  // about the subject let pass. Without a lookup nobody is known.
  using FindingSink = std::function<void(Finding)>;
  Result<bool> check(const Place& place, const RecordInput& record, const SubjectLookup& lookup,
                     const FindingSink& tell) const;

 private:
  bool holds(const LogicCondition& condition, const std::vector<std::string>& values) const;
  bool is_filled(std::size_t item, const RecordInput& record) const;
  void check_within(const LogicCheck& check, const RecordInput& record, const Place& place,
                    const FindingSink& tell) const;
  bool check_subject(const LogicCheck& check, const std::optional<SubjectRow>& known, const Place& place,
                     const FindingSink& tell) const;
  void check_changes(const LogicCheck& check, const RecordInput& record, const SubjectRow& known, const Place& place,
                     const FindingSink& tell) const;
  void say(const LogicCheck& check, std::optional<std::size_t> item, const Place& place, const FindingSink& tell) const;

  std::span<const Item> items_;
  std::vector<const LogicCheck*> checks_;
};

}  // namespace shosoin::files
