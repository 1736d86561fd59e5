// One CSV row against the items of its table: values checked and, where the domain notes demand it, converted. Pure but
// for its buffers; one thread at a time.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "storage/files/characters.h"
#include "storage/files/encoding.h"
#include "storage/files/findings.h"
#include "storage/files/header.h"
#include "storage/files/record.h"

namespace shosoin::files {

struct ImportProfile {
  CharacterProfile characters{};
  bool five_digit_codes = false;  // 団体コード without check digit: completed and reported
  Encoding encoding = Encoding::Utf8;
  friend bool operator==(const ImportProfile&, const ImportProfile&) = default;
};

class RowChecker {
 public:
  // The items must outlive it.
  RowChecker(std::span<const Item> items, LocalGovernmentCode tenant, ImportProfile profile)
      : items_(items), tenant_(tenant), profile_(profile) {}
  using FindingSink = std::function<void(Finding)>;
  // Fills `record`, whose memory is reused. Every finding goes to `tell`; what happens to the row is the gravest action
  // told.
  void check(std::uint64_t row, std::span<const std::string_view> fields, HeaderShape shape, RecordInput& record,
             const FindingSink& tell) const;

 private:
  struct Place;  // where a finding belongs
  void check_item(const Item& item, std::string& value, const Place& place) const;
  void check_length(const Item& item, const std::string& value, const Place& place) const;
  void check_type(const Item& item, const std::string& value, const Place& place) const;
  void check_date(const Item& item, const std::string& value, const Place& place) const;
  void check_identifier(const Item& item, std::string& value, const Place& place) const;
  void take_number(const Item& item, std::string& value, const Place& place) const;
  void check_government_code(const Item& item, std::string& value, const Place& place) const;

  std::span<const Item> items_;
  LocalGovernmentCode tenant_;
  ImportProfile profile_;
};

}  // namespace shosoin::files
