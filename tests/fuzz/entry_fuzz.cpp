// Any bytes as the plaintext of a block or delta row, as the entry of a record, as a month of the log and as a change of
// a number: read or refused. What was read is written back to bytes that read back the same; the entry of a record to the very same bytes.
#include "firmware/base/limits.h"
#include "storage/generations/entry.h"
#include "storage/generations/log_months.h"
#include "storage/generations/number_history.h"
#include "storage/generations/records_entry.h"

namespace {

using namespace shosoin;
using namespace shosoin::generations;

Bytes write(const std::vector<Entry>& entries) {
  Bytes out;
  for (const auto& entry : entries) append(out, encode_entry(entry));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const auto entries = decode_entries(bytes)) {
    for (const auto& entry : entries.value()) {
      ENSURE(entry.key.bytes.size() <= limits::kMaxEntryKey);
      ENSURE(!entry.value || entry.value->size() <= limits::kMaxEntryValue);
      (void)record_of(entry.key).has_value();
      (void)month_in(entry.key).has_value();
      if (const auto month = decode_log_month(entry); month && entry.key.table == TableId::LogMonths) {
        ENSURE(log_month_entry(month.value()).key == entry.key);
        ENSURE(log_month_entry(month.value()).value == entry.value);
      }
      ENSURE(integrated_in(entry.key).size() <= entry.key.bytes.size());
    }
    const auto written = write(entries.value());
    ENSURE(write(decode_entries(written).value()) == written);
  } else {
    ENSURE(entries.error().code() == ErrorCode::Integrity);
  }
  if (const auto entry = decode_record_entry(bytes)) {
    ENSURE(equal(encode_record_entry(entry.value()), bytes));
    ENSURE(!entry.value().rows().empty());
  }
  if (const auto change = decode_number_change(bytes)) ENSURE(equal(encode_number_change(change.value()), bytes));
  return 0;
}
