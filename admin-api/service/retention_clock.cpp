#include "admin-api/service/retention_clock.h"

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/log.h"
#include "storage/retention/retention.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using generations::LogEntry;
using retention::ClockState;
using retention::SteadyReading;
using retention::Watermark;

constexpr std::uint16_t kWatermarkFormat = 1;

EntryKey watermark_key() { return {TableId::Facts, copy_of(view_of("clock/watermark"))}; }

Result<SteadyReading> read_steady(erasure::Appliance& appliance) {
  std::unique_lock lock(appliance.anchor_mutex());
  TRY(const auto reading, appliance.anchor().read_clock());
  const auto boot = (static_cast<std::uint64_t>(reading.reset_count) << 32) | reading.restart_count;
  return SteadyReading{std::chrono::milliseconds(static_cast<std::int64_t>(reading.milliseconds)), boot};
}

std::uint64_t count_of(std::chrono::milliseconds time) { return static_cast<std::uint64_t>(time.count()); }
Instant instant_of(std::uint64_t count) { return Instant(std::chrono::milliseconds(static_cast<std::int64_t>(count))); }

std::string_view word_of(ClockState state) {
  switch (state) {
    case ClockState::Agreed:
      return "agreed";
    case ClockState::Behind:
      return "behind";
    case ClockState::Ahead:
      return "ahead";
  }
  return "";
}

json::object told_of(const retention::AcceptedTime& time) {
  return {{"state", word_of(time.state)},
          {"accepted", to_iso8601(time.now)},
          {"apartSeconds", std::chrono::duration_cast<std::chrono::seconds>(time.apart).count()}};
}

LogEntry line_of(std::string_view operation, const retention::AcceptedTime& time) {
  auto line = told_of(time);
  line["operation"] = operation;
  return log_entry(line);
}

}  // namespace

Bytes encode_watermark(const Watermark& mark) {
  Writer out;
  out.u16(kWatermarkFormat).u64(count_of(mark.accepted.time_since_epoch())).u64(count_of(mark.base.time_since_epoch()));
  return out.u64(count_of(mark.steady.running)).u64(mark.steady.boot).take();
}

Result<Watermark> decode_watermark(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  Watermark mark;
  mark.accepted = instant_of(in.u64());
  mark.base = instant_of(in.u64());
  mark.steady.running = std::chrono::milliseconds(static_cast<std::int64_t>(in.u64()));
  mark.steady.boot = in.u64();
  TRY(in.finish("read the watermark of accepted time"));
  if (format != kWatermarkFormat) return Error{ErrorCode::Integrity, "read a watermark of another format", format};
  return mark;
}

retention::AcceptedTime LegalClock::last() const {
  std::unique_lock lock(mutex_);
  return last_;
}

// Nothing is counted with before it is stored: after a restart accepted time is not behind what was acted on.
Result<void> LegalClock::store(erasure::Appliance& appliance, const Watermark& mark, const LogEntry& log) {
  TRY(appliance.zero().change([&](std::uint64_t) -> Result<Change> {
    return Change{{{watermark_key(), encode_watermark(mark)}}, {}, {}, log};
  }));
  stored_ = mark;
  return success();
}

Result<void> LegalClock::advance(erasure::Appliance& appliance, Instant system, const SteadyReading& steady) {
  if (!mark_) {
    TRY(const auto stored, appliance.zero().get(watermark_key()));
    if (stored) {
      TRY(mark_, decode_watermark(*stored));
      stored_ = mark_;
    } else {  // a new installation: two officers have just initialised it by this clock
      mark_ = retention::accepted_by_two(system, steady);
      TRY(store(appliance, *mark_, line_of("clock-begins", {system, ClockState::Agreed, {}})));
    }
  }
  const auto time = retention::accept_time(*mark_, system, steady, rules_);
  const auto next = retention::advanced(*mark_, time, steady);
  const bool turned = time.state != last_.state;
  if (turned && time.state != ClockState::Agreed) oplog::warning("the system clock does not agree with accepted time");
  const bool new_day = tokyo_date(next.accepted) != tokyo_date(stored_->accepted);
  const bool new_boot = next.steady.boot != stored_->steady.boot;
  if (turned || new_day || new_boot || next.accepted - stored_->accepted >= limits::kClockStored) {
    TRY(store(appliance, next, line_of(turned ? "clock-alarm" : "clock-watermark", time)));
  }
  mark_ = next;
  last_ = time;
  accepted_.store(next.accepted.time_since_epoch().count());
  return appliance.log_from(next.accepted);
}

Result<void> LegalClock::look(erasure::Appliance& appliance, const Clock& clock) {
  TRY(const auto steady, read_steady(appliance));
  std::unique_lock lock(mutex_);
  return advance(appliance, clock.now(), steady);
}

Result<void> LegalClock::accept(erasure::Appliance& appliance, const Clock& clock, const LogEntry& log) {
  TRY(const auto steady, read_steady(appliance));
  std::unique_lock lock(mutex_);
  const auto mark = retention::accepted_by_two(clock.now(), steady);
  TRY(store(appliance, mark, log));
  mark_ = mark;
  last_ = {mark.accepted, ClockState::Agreed, {}};
  accepted_.store(mark.accepted.time_since_epoch().count());
  return appliance.log_from(mark.accepted);
}

Answer clock_status(Parts& parts, Context&) {
  TRY(parts.legal.look(parts.appliance, parts.clock));
  auto out = told_of(parts.legal.last());
  out["system"] = to_iso8601(parts.clock.now());
  out["today"] = retention::to_text(tokyo_date(parts.legal.now()));
  return out;
}

Answer clock_accept(Parts& parts, Context& context) {
  auto line = log_object(context, "clock-accept", "ok");
  line["before"] = told_of(parts.legal.last());
  line["system"] = to_iso8601(parts.clock.now());
  TRY(parts.legal.accept(parts.appliance, parts.clock, log_entry(line)));
  context.logged = true;
  auto out = told_of(parts.legal.last());
  out["today"] = retention::to_text(tokyo_date(parts.legal.now()));
  return out;
}

}  // namespace shosoin::service
