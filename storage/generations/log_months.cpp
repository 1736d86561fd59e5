#include "storage/generations/log_months.h"

namespace shosoin::generations {
namespace {

constexpr std::uint8_t kLogMonthFormat = 1;
enum class State : std::uint8_t { Kept = 1, Erased = 2 };  // frozen
constexpr std::size_t kMaxTerm = 256;
constexpr std::size_t kMonthAndClass = sizeof(std::uint32_t) + 1;

EntryKey key_of(const LogMonthId& id) {
  return {TableId::LogMonths, Writer{}.u32(id.month).u8(kAccessLogClass).raw(id.key.view()).take()};
}

}  // namespace

Entry log_month_entry(const LogMonth& month) {
  Writer out;
  out.u8(kLogMonthFormat).u8(static_cast<std::uint8_t>(month.erased ? State::Erased : State::Kept));
  if (month.erased) {
    const auto& erased = *month.erased;
    out.u64(erased.epoch).u32(erased.index).u64(erased.line).u64(erased.number_seq);
  }
  return {key_of(month.id), out.text16(text_of(month.term)).take()};
}

Result<LogMonth> decode_log_month(const Entry& entry) {
  constexpr Literal kDoing = "read a month of the log";
  Reader key(entry.key.bytes);
  LogMonth out;
  out.id.month = key.u32();
  const auto log_class = key.u8();
  out.id.key = MonthKeyId(key.fixed<16>());
  TRY(key.finish(kDoing));
  if (!entry.value) return Error{ErrorCode::Integrity, kDoing};
  Reader in(*entry.value);
  const auto format = in.u8(), state = in.u8();
  if (state == static_cast<std::uint8_t>(State::Erased)) {
    ErasedMonth erased;
    erased.epoch = in.u64();
    erased.index = in.u32();
    erased.line = in.u64();
    erased.number_seq = in.u64();
    out.erased = erased;
  } else if (state != static_cast<std::uint8_t>(State::Kept)) {
    in.fail();
  }
  out.term = copy_of(view_of(in.text16(kMaxTerm)));
  TRY(in.finish(kDoing));
  if (format != kLogMonthFormat || log_class != kAccessLogClass) {
    return Error{ErrorCode::Integrity, "read a month of the log of another format", format};
  }
  return out;
}

EntryKey log_key_of(unsigned month) { return {TableId::LogKeys, Writer{}.u32(month).u8(kAccessLogClass).take()}; }

std::optional<unsigned> month_in(const EntryKey& key) {
  const auto size = key.table == TableId::LogKeys     ? kMonthAndClass
                    : key.table == TableId::LogMonths ? kMonthAndClass + MonthKeyId::kSize
                                                      : std::size_t{0};
  if (size == 0 || key.bytes.size() != size) return std::nullopt;
  return from_be<std::uint32_t>(ByteView(key.bytes).first<sizeof(std::uint32_t)>());
}

}  // namespace shosoin::generations
