#include "storage/retention/term.h"

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::retention {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::uint8_t kTermFormat = 1;
constexpr std::size_t kEventWidth = 8;
constexpr Literal kDoing = "read the term of a record";

std::optional<year_month_day> day_of(std::uint32_t number) {
  const year_month_day day{std::chrono::year{static_cast<int>(number / 10'000)}, std::chrono::month{number / 100 % 100},
                           std::chrono::day{number % 100}};
  const bool known = day.ok() && int(day.year()) >= limits::kFirstYear && int(day.year()) <= limits::kLastYear;
  return known ? std::optional(day) : std::nullopt;
}

}  // namespace

std::string_view to_text(UnknownParts parts) noexcept {
  switch (parts) {
    case UnknownParts::LatestPossible:
      return "latest-possible";
    case UnknownParts::PersonDecides:
      return "person-decides";
  }
  return "";
}
Result<UnknownParts> parse_unknown_parts(std::string_view text) {
  for (const auto parts : {UnknownParts::LatestPossible, UnknownParts::PersonDecides}) {
    if (text == to_text(parts)) return parts;
  }
  return Error{ErrorCode::InvalidContent, "read what unknown parts of a date do: latest-possible or person-decides"};
}

Term not_begun(const CountedBy& rule) { return {TermState::NotBegun, rule.version, std::nullopt, {}, {}}; }
Term undetermined(const CountedBy& rule) { return {TermState::Undetermined, rule.version, std::nullopt, {}, {}}; }

Term term_of(const CountedBy& rule, const EventDate& event) {
  auto term = undetermined(rule);
  term.event = event;
  if (!event.exact() && rule.unknown == UnknownParts::PersonDecides) return term;
  const auto span = compute_retention({rule.rule, rule.period, event, rule.settlement});
  if (!span || !span.value()) return term;  // the year is unknown, or the end lies beyond the year 9999
  term.state = TermState::Fixed;
  term.end = span.value()->end;
  term.purge_from = span.value()->purge_from;
  return term;
}

Term after_rule_change(const Term& before, const Term& now) {
  if (before.state != TermState::Fixed) return now;
  const bool longer = now.state == TermState::Fixed && sys_days{now.end} > sys_days{before.end};
  return longer ? now : before;
}

Term after_shortening_rule(const Term& before, const Term& now) {
  if (before.state != TermState::Fixed) return now;
  if (now.state != TermState::Fixed) return before;
  return before.rule_version < now.rule_version ? now : after_rule_change(before, now);
}

std::vector<Term> terms_of_versions(std::vector<Term> versions) {
  std::optional<Term> known;  // of those behind
  for (auto term = versions.rbegin(); term != versions.rend(); ++term) {
    const bool open = term->state != TermState::Fixed;
    if (known && (known->state == TermState::Fixed ? open || sys_days{known->end} > sys_days{term->end}
                                                   : term->state == TermState::NotBegun)) {
      *term = *known;
    }
    if (term->state != TermState::NotBegun) known = *term;
  }
  const Term* latest = nullptr;  // of those before: none of them may be there alone when the newer ones are gone
  for (auto& term : versions) {
    if (term.state != TermState::Fixed) continue;
    if (latest != nullptr && sys_days{latest->end} > sys_days{term.end}) term = *latest;
    latest = &term;
  }
  return versions;
}

std::uint32_t day_number(year_month_day day) {
  return static_cast<std::uint32_t>(int(day.year())) * 10'000 + unsigned(day.month()) * 100 + unsigned(day.day());
}
std::optional<std::uint32_t> due_day(const Term& term) {
  switch (term.state) {
    case TermState::Fixed:
      return day_number(term.purge_from);
    case TermState::NotBegun:
      return std::nullopt;
    case TermState::Undetermined:
      return kNoDay;
  }
  return std::nullopt;
}

Bytes encode_term(const Term& term) {
  const bool fixed = term.state == TermState::Fixed;
  ENSURE(!fixed || term.event);
  Writer out(kTermSize);
  out.u8(kTermFormat).u8(static_cast<std::uint8_t>(term.state)).u16(term.rule_version);
  const auto event = term.event ? term.event->to_compact() : std::string(kEventWidth, '\0');
  ENSURE(event.size() == kEventWidth);
  out.raw(view_of(event)).u32(fixed ? day_number(term.end) : 0).u32(fixed ? day_number(term.purge_from) : 0);
  return out.take();
}

Result<Term> decode_term(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u8();
  const auto state = in.u8();
  Term term;
  term.rule_version = in.u16();
  const auto event = text_of(in.raw(kEventWidth));
  const auto end = in.u32(), purge_from = in.u32();
  TRY(in.finish(kDoing));
  if (format != kTermFormat) return Error{ErrorCode::Integrity, "read a term of another format", format};
  if (state < 1 || state > 3) return Error{ErrorCode::Integrity, kDoing};
  term.state = static_cast<TermState>(state);
  if (event != std::string_view("\0\0\0\0\0\0\0\0", kEventWidth)) {
    auto date = EventDate::from_text({event.substr(0, 4), event.substr(4, 2), event.substr(6, 2)});
    if (!date) return Error{ErrorCode::Integrity, kDoing};
    term.event = date.value();
  }
  if (term.state != TermState::Fixed) {
    if (end != 0 || purge_from != 0) return Error{ErrorCode::Integrity, kDoing};
    return term;
  }
  const auto last = day_of(end), first = day_of(purge_from);
  if (!term.event || !last || !first || sys_days{*first} != sys_days{*last} + days{1}) {
    return Error{ErrorCode::Integrity, kDoing};
  }
  term.end = *last;
  term.purge_from = *first;
  return term;
}

}  // namespace shosoin::retention
