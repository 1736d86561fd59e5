// Identifiers and search keys on arbitrary bytes: an accepted identifier is exactly the text given; keys of valid text
// are stable.
#include "firmware/base/bytes.h"
#include "storage/files/characters.h"
#include "storage/files/identifiers.h"
#include "storage/files/normalise.h"
#include "storage/files/utf8.h"

namespace {

using namespace shosoin;
using namespace shosoin::files;

template <class Identifier>
void check(std::string_view text) {
  const auto identifier = Identifier::parse(text);
  if (identifier) ENSURE(identifier.value().text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of({data, size});
  check<ResidentRecordCode>(text);
  check<LocalGovernmentCode>(text);
  check<CorporateNumber>(text);
  check<ResidenceCardNumber>(text);
  const auto number = IndividualNumber::parse(text);
  if (number) ENSURE(number.value().reveal() == text);
  if (!is_valid_utf8(text)) return 0;
  const auto key = kana_search_key(text);
  ENSURE(is_valid_utf8(key) && kana_search_key(key) == key);
  ENSURE(length_in_characters(text) <= text.size());
  (void)check_characters(text, {});
  std::string value(text);
  widen_kana(value, nullptr);
  narrow_digits(value);
  ENSURE(is_valid_utf8(value));
  return 0;
}
