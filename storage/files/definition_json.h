// One JSON object of a record file definition under its RFC 6901 pointer: members named, values bounded, every refusal
// with its place and message. For the loader; one thread.
#pragma once

#include <boost/json/object.hpp>
#include <initializer_list>
#include <span>
#include <string>

#include "storage/files/definition.h"

namespace shosoin::files {

class Members {
 public:
  Members(const boost::json::object& object, std::string pointer, DefinitionFault& fault)
      : object_(object), pointer_(std::move(pointer)), fault_(fault) {}

  // Fills the fault; the callers hand the error up, so that the first refusal is the one told.
  Error refuse(std::string_view name, Bilingual message) const;
  Result<void> only(std::initializer_list<std::string_view> allowed) const;
  bool has(std::string_view name) const { return object_.contains(name); }
  Result<std::string> text(std::string_view name, std::size_t most) const;
  struct Range {
    std::int64_t least, most;
  };
  Result<std::int64_t> integer(std::string_view name, Range range) const;
  Result<bool> flag(std::string_view name) const;
  template <class Enum, std::size_t N>
  Result<Enum> word(std::string_view name, const Enum (&choices)[N]) const {
    constexpr std::size_t kMaxWord = 64;
    TRY(auto given, text(name, kMaxWord));
    for (auto choice : choices) {
      if (to_text(choice) == given) return choice;
    }
    return refuse(name, {"決められた語のどれかにしてください。", "Must be one of the words of the schema."});
  }
  // A member that is an object, or a refusal.
  Result<Members> object(std::string_view name) const;
  const std::string& pointer() const { return pointer_; }
  // The elements of an array of this many at most; refuses an empty one.
  Result<std::span<const boost::json::value>> array(std::string_view name, std::size_t most) const;

 private:
  const boost::json::object& object_;
  std::string pointer_;
  DefinitionFault& fault_;
};

// camelCase ASCII: keys of items, groups and checks.
bool is_camel_case(std::string_view key) noexcept;
inline constexpr std::size_t kMaxKeyText = 64, kMaxPrintedText = 200;  // characters
inline constexpr Bilingual kMustBeObject{"オブジェクトにしてください。", "Must be an object."};
inline constexpr Bilingual kCamelCase{"英小文字で始まる英数字にしてください。", "Must be camelCase ASCII."};
inline constexpr Bilingual kSameKey{"同じキーが前にあります。", "An earlier one has this key."};

// The member `checks` (logic_check_json.cpp). implied_group: the definition names no groups.
struct CheckedTables {
  std::span<const Item> items;
  std::span<const Group> groups;
  bool implied_group;
};
Result<std::vector<LogicCheck>> read_checks(const Members& top, const CheckedTables& tables, DefinitionFault& fault);

}  // namespace shosoin::files
