// Which 団体内統合宛名番号 a row of an import belongs to (decision 0056; seeds 000, 002; N-02): a 個人番号 that is
// known keeps its own, one that is new gets one here, whichever of the tenant's open imports it comes with first. A row
// whose number and addressee say different things is never settled silently: the number decides, and the row is flagged
// (D-15). One Linker for each import, one thread at a time; Assignments any thread.
#pragma once

#include <boost/json/array.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "admin-api/service/records/link_table.h"
#include "admin-api/service/records/search_keys.h"
#include "storage/files/bilingual.h"
#include "storage/files/identifiers.h"

namespace shosoin::service {

enum class LinkFlag : std::uint8_t {
  TwoPersons,     // the number belongs to one integrated number, the addressee number to another
  SecondNumber,   // the addressee is known with another 個人番号
  TwoAddressees,  // the number is known with another addressee number of this file
  FormerNumber,   // the number was replaced by another one
};
inline constexpr std::size_t kLinkFlags = 4;
struct LinkFlagRow {
  LinkFlag flag;
  std::string_view slug;
  files::Bilingual text;  // told with the row's place, never with a number
};
const LinkFlagRow& link_flag_row(LinkFlag flag) noexcept;

// What the open imports of one tenant have linked so far: entering one number in two of them yields one integrated
// number (N-02). Lives as long as one of them.
class Assignments {
 public:
  static constexpr std::size_t kImports = 16;
  // One bit for each open import; none when there are too many.
  std::optional<unsigned> join();
  void leave(unsigned place) noexcept;
  // A number that gets its integrated number otherwise, by a change of it. Conflict when an open import has given it
  // another one. No import links while `act` runs, and once it has succeeded they all know.
  Result<void> settle(const Digest& token, IntegratedNumber number, const std::function<Result<void>()>& act);

 private:
  friend class Linker;
  std::mutex mutex_;
  LinkTable numbers_, addressees_;
  NumberDraw draw_;
  std::uint32_t taken_ = 0;
};

class Linker {
 public:
  // What a row says about its person. A table without 個人番号 has the 宛名番号 alone, a flat file may have neither.
  struct Row {
    const std::optional<files::IndividualNumber>& number;
    const std::optional<std::string>& addressee;
  };
  struct Link {
    std::string integrated;
    std::optional<Entry> entry;  // to be stored with the row; once for each number of an import
    std::vector<LinkFlag> flags{};
  };
  // A 宛名番号 is one of its record file's system: the same digits in another file may be somebody else's.
  Linker(const TenantStore& store, const files::Definition& definition, std::shared_ptr<Assignments> open);
  ~Linker();
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;
  Result<Link> link(const Row& row);

 private:
  enum class Standing : std::uint8_t { Confirmed, Waiting, Gone };
  using Known = std::optional<IntegratedNumber>;
  struct Named {
    std::optional<Digest> token, addressee;
    std::string addressee_key;
  };
  Named named_by(const Row& row) const;
  Result<Known> of_number(const Digest& token) const;
  Result<Known> of_addressee(const Named& named);
  Result<Known> stored_addressee(std::string_view key);
  Result<IntegratedNumber> decide(const Named& named, const Known& by_number, const Known& by_addressee, Link& link);
  Result<bool> is_former(const Digest& token, IntegratedNumber integrated);
  Result<bool> is_numbered(const Named& named, IntegratedNumber integrated);
  Result<bool> has_other_addressee(const Named& named, IntegratedNumber integrated);
  Result<void> note(const Named& named, IntegratedNumber integrated, Link& link);
  Result<IntegratedNumber> new_number();
  bool has_own_number(const generations::RecordEntry& record) const;
  Result<Standing> standing_of(const RecordId& import);
  Result<std::vector<generations::RecordEntry>> records_of(IntegratedNumber integrated) const;

  const TenantStore& store_;
  const files::Definition& definition_;
  const std::string& file_;
  bool any_changed_ = false;  // numbers, of this tenant: looked up once
  bool looked_ = false;
  std::shared_ptr<Assignments> open_;
  std::optional<unsigned> place_;
  std::map<RecordId, Standing> standings_;
};

// The flagged rows of an import, as its report tells them; the first ones, and counts of all.
class LinkFindings {
 public:
  void add(std::uint64_t row, const std::vector<LinkFlag>& flags);
  std::uint64_t count() const { return count_; }
  boost::json::array told() const;

 private:
  struct Flagged {
    std::uint64_t row;
    LinkFlag flag;
  };
  std::vector<Flagged> first_;
  std::uint64_t count_ = 0;
};

}  // namespace shosoin::service
