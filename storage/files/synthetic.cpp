#include "storage/files/synthetic.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "firmware/base/limits.h"
#include "storage/files/encoder.h"
#include "storage/files/header.h"
#include "storage/files/synthetic_fills.h"
#include "storage/files/synthetic_text.h"

namespace shosoin::files {
namespace {

using namespace synthetic;

enum class Who : std::uint8_t { All, GrownUps, Heads };
struct TableShape {
  std::string_view file, group;
  Who who;
  std::size_t least, most;  // rows of one person
};
constexpr auto kShapes = std::to_array<TableShape>({
    {"chihozei-shutaino", "taxTerm", Who::GrownUps, 1, 4},
    {"hoikushi-torokubo", "", Who::GrownUps, 1, 1},
    {"jido-teate", "entitlement", Who::Heads, 1, 2},
    {"jido-teate", "child", Who::Heads, 1, 3},
    {"jido-teate", "relatedPerson", Who::Heads, 1, 1},
    {"jido-teate", "revision", Who::Heads, 1, 3},
    {"jido-teate", "yearlyReview", Who::Heads, 1, 3},
    {"jido-teate", "addressee", Who::All, 1, 2},
    {"jumin-kihon-daicho", "integratedAddressee", Who::All, 1, 2},
    {"jumin-kihon-daicho", "individualNumberAccessLog", Who::All, 0, 2},
    {"kyufukin-shikyu-kanri-daicho", "benefit", Who::Heads, 1, 2},
    {"kyufukin-shikyu-kanri-daicho", "tax", Who::GrownUps, 1, 1},
});
constexpr std::uint64_t kApartRows = 12;       // of a table about no person
constexpr std::size_t kSinkPiece = 64u << 10;  // handed on at once
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

TableShape shape_of(const Definition& definition, const Group& group) {
  const bool alone = definition.groups().size() == 1;
  for (const auto& shape : kShapes) {
    if (shape.file == definition.key() && (shape.group == group.key || (alone && shape.group.empty()))) return shape;
  }
  return {definition.key(), group.key, Who::All, 1, group.rows == GroupRows::Many ? 2u : 1u};
}
DateStyle style_of(std::string_view file) {
  if (file == "chihozei-shutaino" || file == "hoikushi-torokubo") return DateStyle::Era;
  if (file == "kyufukin-shikyu-kanri-daicho" || file == "sofusaki-joho") return DateStyle::Compact;
  return DateStyle::Iso;
}
bool takes_part(Who who, std::size_t position) {
  switch (who) {
    case Who::All:
      return true;
    case Who::GrownUps:
      return position < 2;
    case Who::Heads:
      return position == 0;
  }
  return false;
}

std::string by_type(const Item& item, Scene& s) {
  auto& dice = s.dice;
  if (!item.required && dice.percent(40)) return "";
  const auto day = [&] { return day_text(2025, 1 + dice.below(12), 1 + dice.below(28)); };
  switch (item.type) {
    case ItemType::Text:
    case ItemType::Kana:
      return item.required ? "試験" : "";
    case ItemType::Date:
      return day();
    case ItemType::Month:
      return day().substr(0, 7);
    case ItemType::Code: {
      const auto digits = std::to_string(100 + dice.below(100));
      return digits.substr(item.max_length < 2 ? 2 : 1);
    }
    case ItemType::Number:
      return std::to_string(dice.below(10));
    case ItemType::Flag:
      return std::to_string(dice.below(2));
    case ItemType::Timestamp: {
      const auto clock = std::to_string(1'000'000 + dice.below(24) * 10'000 + dice.below(60) * 100 + dice.below(60));
      return "20251001" + clock.substr(1);
    }
    case ItemType::Amount:
      return std::to_string(dice.below(3) * 100);
  }
  return "";
}

// A number that is held apart, an own code and the like first; then what the item's name says; then its role.
Fill fill_of(const Item& item) {
  if (item.check != ItemCheck::None) {
    if (const auto fill = fill_of_role(item.role)) return fill;
    if (const auto fill = fill_of_check(item.check)) return fill;
  }
  if (const auto fill = fill_of_key(item.key); fill != nullptr && item.role == ItemRole::None) return fill;
  return fill_of_role(item.role);
}

class TableWriter {
 public:
  TableWriter(const SyntheticTable& table, std::size_t group, const TextSink& out)
      : table_(table),
        group_(table.definition.groups()[group]),
        items_(table.definition.items_of(group)),
        shape_(shape_of(table.definition, group_)),
        style_(style_of(table.definition.key())),
        population_(table.tenant, table.seed),
        apart_(group_.rows == GroupRows::Apart),
        out_(out) {
    for (const auto& item : items_) fills_.push_back(fill_of(item));
    const bool own = table.definition.index_of(ItemRole::AddresseeNumber, group).has_value();
    leading_column_ = !own && !apart_ && (table.form.addressee_column || !table.definition.is_flat());
    for (const char c : group_.key) table_mark_ = table_mark_ * 31 + static_cast<unsigned char>(c);
  }

  Result<std::uint64_t> write() {
    if (table_.form.encoding == Encoding::Utf8 && table_.form.byte_order_mark) buffer_ += kByteOrderMark;
    TRY(header());
    const auto people = apart_ ? std::min(table_.count, kApartRows) : table_.count;
    for (std::uint64_t first = 0; first < people; first += kHouseholdSize) {
      const auto home = population_.household(first / kHouseholdSize);
      for (std::size_t i = 0; i < kHouseholdSize && first + i < people; ++i) {
        if (!takes_part(shape_.who, i)) continue;
        TRY(rows_about(home, home.people[i]));
      }
    }
    TRY(out_(buffer_));
    return rows_;
  }

 private:
  Result<void> header() {
    if (leading_column_) add(kAddresseeColumn);
    for (const auto& item : items_) add(item.name);
    return end_row();
  }

  std::size_t rows_of(const Person& person) const {
    if (!person.former_individual_number.empty()) return shape_.most;  // its history is what the change is seen in
    Dice dice(population_.row_seed(person.index, table_mark_));
    return shape_.least + dice.below(shape_.most - shape_.least + 1);
  }

  Result<void> rows_about(const Household& home, const Person& person) {
    const auto rows = rows_of(person);
    for (std::size_t row = 0; row < rows; ++row) {
      Scene scene{.tenant = table_.tenant.text(),
                  .home = home,
                  .self = person,
                  .row = row,
                  .rows = rows,
                  .dice = Dice(population_.row_seed(person.index, table_mark_ + row + 1))};
      if (leading_column_) add(person.addressee_number);
      for (std::size_t i = 0; i < items_.size(); ++i) {
        const auto& item = items_[i];
        add(formed(item, fills_[i] != nullptr ? fills_[i](scene) : by_type(item, scene)));
      }
      TRY(end_row());
      ++rows_;
    }
    return success();
  }

  std::string formed(const Item& item, std::string value) const {
    if (item.type == ItemType::Kana && table_.form.half_width_kana) return half_width(value);
    const bool day = item.type == ItemType::Date || item.type == ItemType::Month;
    return day ? restyle(value, style_) : value;
  }

  void add(std::string_view value) {
    if (!std::exchange(row_begun_, true)) {
      buffer_ += '"';
    } else {
      buffer_ += ",\"";
    }
    const auto begin = buffer_.size();
    if (!encode_text(table_.form.encoding, value, buffer_)) {
      ENSURE(encode_text(table_.form.encoding, fitted(table_.form.encoding, value), buffer_));
    }
    for (auto at = buffer_.find('"', begin); at != buffer_.npos; at = buffer_.find('"', at + 2))
      buffer_.insert(at, 1, '"');
    buffer_ += '"';
  }
  Result<void> end_row() {
    buffer_ += table_.form.crlf ? "\r\n" : "\n";
    row_begun_ = false;
    if (buffer_.size() < kSinkPiece) return success();
    TRY(out_(buffer_));
    buffer_.clear();
    return success();
  }

  const SyntheticTable& table_;
  const Group& group_;
  std::span<const Item> items_;
  TableShape shape_;
  DateStyle style_;
  Population population_;
  bool apart_, leading_column_ = false, row_begun_ = false;
  std::uint64_t table_mark_ = 0, rows_ = 0;
  const TextSink& out_;
  std::vector<Fill> fills_;
  std::string buffer_;
};

}  // namespace

Result<std::uint64_t> write_synthetic_table(const SyntheticTable& table, const TextSink& out) {
  const bool only = table.group.empty() && table.definition.groups().size() == 1;
  const auto group = only ? std::optional<std::size_t>(0) : table.definition.group_index(table.group);
  if (!group) return Error{ErrorCode::NotFound, "find a table of the record file"};
  if (table.count > limits::kMaxSyntheticPeople) return Error{ErrorCode::TooMany, "make synthetic people"};
  return TableWriter(table, *group, out).write();
}

Result<void> write_synthetic_people(const Definition& definition, const SyntheticOptions& options,
                                    const TextSink& out) {
  TRY(write_synthetic_table(
      {.definition = definition,
       .group = definition.groups().front().key,
       .tenant = options.tenant,
       .count = options.count,
       .seed = options.seed,
       .form = {.half_width_kana = options.half_width_kana, .addressee_column = options.addressee_column}},
      out));
  return success();
}

}  // namespace shosoin::files
