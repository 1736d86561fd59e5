#include "storage/files/name_key.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>

#include "firmware/base/result.h"
#include "storage/files/characters.h"
#include "storage/files/utf8.h"

namespace shosoin::files {
namespace {

// Variants that clerks take for one another when they search, sorted. The product's own short list: a municipality's
// table of 同定 comes with the identification of characters.
struct Variant {
  char32_t written, found_as;
};
constexpr auto kVariants = std::to_array<Variant>({
    {U'冨', U'富'},
    {U'嶋', U'島'},
    {U'嶌', U'島'},
    {U'斎', U'斉'},
    {U'栁', U'柳'},
    {U'桒', U'桑'},
    {U'澤', U'沢'},
    {U'濱', U'浜'},
    {U'濵', U'浜'},
    {U'瀨', U'瀬'},
    {U'邉', U'辺'},
    {U'邊', U'辺'},
    {U'髙', U'高'},
    {U'齊', U'斉'},
    {U'齋', U'斉'},
    {U'﨑', U'崎'},
    {U'𠮷', U'吉'},
});
constexpr bool sorted() {
  return std::is_sorted(kVariants.begin(), kVariants.end(),
                        [](const Variant& left, const Variant& right) { return left.written < right.written; });
}
static_assert(sorted());

bool is_space(char32_t c) noexcept { return c == U' ' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B); }
bool is_compatibility_ideograph(char32_t c) noexcept {
  return (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

char32_t unified(char32_t c) {
  if (!is_compatibility_ideograph(c)) return c;
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(status);
  ENSURE(U_SUCCESS(status));
  icu::UnicodeString decomposed;
  if (!nfc->getDecomposition(static_cast<UChar32>(c), decomposed)) return c;  // U+FA0E and eleven others are unified
  return static_cast<char32_t>(decomposed.char32At(0));
}
char32_t folded(char32_t c) {
  c = unified(c);
  const auto at = std::lower_bound(kVariants.begin(), kVariants.end(), c,
                                   [](const Variant& variant, char32_t value) { return variant.written < value; });
  return at != kVariants.end() && at->written == c ? at->found_as : c;
}

}  // namespace

std::string name_search_key(std::string_view valid_utf8, NameKeyRule rule) {
  std::string key;
  each_code_point(valid_utf8, [&](char32_t c) {
    if (is_space(c) || (rule.fold_variants && is_variation_selector(c))) return true;
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= U'a' && c <= U'z') c -= 0x20;
    append_utf8(key, rule.fold_variants ? folded(c) : c);
    return true;
  });
  return key;
}

}  // namespace shosoin::files
