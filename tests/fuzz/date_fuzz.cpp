// Dates, periods, time stamps and stored terms: whatever is accepted reads back from its own text or bytes, and never
// expires before its event.
#include "firmware/base/bytes.h"
#include "storage/files/dates.h"
#include "storage/retention/retention.h"
#include "storage/retention/term.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shosoin;
  using namespace shosoin::retention;
  const auto text = text_of({data, size});
  (void)files::check_timestamp(text).has_value();
  if (const auto term = decode_term({data, size})) ENSURE(equal(encode_term(term.value()), ByteView(data, size)));
  const auto period = Period::parse(text);
  if (period) ENSURE(Period::parse(period.value().to_text()).value() == period.value());
  const auto read = files::read_date(text);
  if (!read) return 0;
  const auto& date = read.value().date;
  ENSURE(EventDate::parse(date.to_text()).value() == date);
  const auto unit = size % 2 == 0 ? PeriodUnit::Years : PeriodUnit::Days;
  const auto span =
      compute_retention({.rule = CountingRule::Incl, .period = Period::make(1, unit).value(), .event = date});
  if (span && span.value()) ENSURE(span.value()->end >= *date.earliest_possible());
  return 0;
}
