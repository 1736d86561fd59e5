#include "admin-api/service/retention/retention_clock.h"

#include <algorithm>
#include <limits>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/retention/logged_time.h"
#include "firmware/base/codec.h"
#include "firmware/base/limits_retention.h"
#include "firmware/base/log.h"
#include "storage/retention/retention.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using generations::Change;
using retention::ClockRules;
using retention::ClockState;
using retention::SteadyReading;
using retention::Watermark;

constexpr std::uint16_t kWatermarkFormat = 2;
constexpr std::uint16_t kWatermarkAlone = 1;  // before decision 0083: nothing is known of earlier boots

ClockRules clock_rules(std::chrono::hours off_time) { return {limits::kClockTolerance, off_time}; }

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

std::int64_t in_seconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

json::object told_of(const retention::AcceptedTime& time) {
  return {{"state", word_of(time.state)}, {"accepted", to_iso8601(time.now)}, {"apartSeconds", in_seconds(time.apart)}};
}

json::object line_of(std::string_view operation, const retention::AcceptedTime& time) {
  auto line = told_of(time);
  line["operation"] = operation;
  return line;
}

// Watermark and line are one change: what a start compares (decision 0080).
Result<void> put_watermark(TenantStore& zero, const Watermark& mark, const ClockRules& rules, json::object line) {
  line["acceptedMs"] = mark.accepted.time_since_epoch().count();
  line["unprovenSeconds"] = in_seconds(retention::unproven(mark, rules));
  TRY(zero.change([&](std::uint64_t) -> Result<Change> {
    return Change{{{watermark_key(), encode_watermark(mark)}}, {}, {}, log_entry(line)};
  }));
  return success();
}

// Nobody knows what the TPM's clock said then: as over a reboot, no more than is left of off_time has passed.
Watermark of_no_boot(Instant accepted, std::chrono::milliseconds unproven) {
  return {accepted, accepted, {{}, std::numeric_limits<std::uint64_t>::max()}, unproven, {}};
}

json::object told_of(const LegalClock::Disagreement& apart) {
  json::object out{{"logged", to_iso8601(apart.logged)}};
  if (apart.stored) out["stored"] = to_iso8601(*apart.stored);
  return out;
}

}  // namespace

Bytes encode_watermark(const Watermark& mark) {
  Writer out;
  out.u16(kWatermarkFormat).u64(count_of(mark.accepted.time_since_epoch())).u64(count_of(mark.base.time_since_epoch()));
  out.u64(count_of(mark.steady.running)).u64(mark.steady.boot);
  return out.u64(count_of(mark.unproven)).u64(count_of(mark.ran)).take();
}

Result<Watermark> decode_watermark(ByteView bytes) {
  Reader in(bytes);
  const auto format = in.u16();
  const auto duration = [&] { return std::chrono::milliseconds(static_cast<std::int64_t>(in.u64())); };
  Watermark mark;
  mark.accepted = instant_of(in.u64());
  mark.base = instant_of(in.u64());
  mark.steady.running = duration();
  mark.steady.boot = in.u64();
  if (format != kWatermarkAlone) {
    mark.unproven = duration();
    mark.ran = duration();
  } else {  // what was accepted in that boot is taken for counted
    mark.ran = std::max(std::chrono::milliseconds{0},
                        std::chrono::duration_cast<std::chrono::milliseconds>(mark.accepted - mark.base));
  }
  TRY(in.finish("read the watermark of accepted time"));
  if (format != kWatermarkFormat && format != kWatermarkAlone)
    return Error{ErrorCode::Integrity, "read a watermark of another format", format};
  return mark;
}

retention::AcceptedTime LegalClock::last() const {
  std::unique_lock lock(mutex_);
  return last_;
}

// Nothing is counted with before it is stored: after a restart accepted time is not behind what was acted on.
Result<void> LegalClock::store(erasure::Appliance& appliance, const Watermark& mark, json::object line) {
  TRY(put_watermark(appliance.zero(), mark, rules_, std::move(line)));
  stored_ = mark;
  return success();
}

// What is stored, or what its last line in the log says, whichever is later: accepted time never goes back (DESIGN 6).
Result<void> LegalClock::begin(erasure::Appliance& appliance, Instant system, const SteadyReading& steady) {
  std::optional<Watermark> mark;
  TRY(const auto stored, appliance.zero().get(watermark_key()));
  if (stored) {
    TRY(mark, decode_watermark(*stored));
  }
  std::optional<LoggedTime> logged;
  if (auto found = last_logged_time(appliance.zero(), appliance.journal())) {
    logged = found.value();
  } else {  // a damaged segment is the scrub's to tell; time that stands still would erase nothing
    if (!mark || found.error().code() != ErrorCode::Integrity) return found.error();
    oplog::failure("accepted time could not be set beside its lines in the log", found.error());
  }
  if (!mark && !logged) {  // a new installation: two officers have just initialised it by this clock
    mark = retention::accepted_by_two(system, steady);
    TRY(store(appliance, *mark, line_of("clock-begins", {system, ClockState::Agreed, {}})));
  } else if (logged && (!mark || logged->accepted != mark->accepted)) {
    Disagreement apart{mark ? std::optional(mark->accepted) : std::nullopt, logged->accepted};
    oplog::warning("accepted time as stored does not agree with its last line in the log: the later one counts");
    if (!mark || logged->accepted > mark->accepted) {
      const auto known = mark ? retention::unproven(*mark, rules_) : std::chrono::milliseconds{0};
      mark = of_no_boot(logged->accepted, std::max(known, logged->unproven.value_or(known)));
    }
    auto line = line_of("clock-disagreement", {mark->accepted, ClockState::Agreed, {}});
    line["found"] = told_of(apart);
    TRY(store(appliance, *mark, std::move(line)));
    disagreement_ = apart;
  }
  mark_ = stored_ = mark;
  return success();
}

Result<void> LegalClock::advance(erasure::Appliance& appliance, Instant system, const SteadyReading& steady) {
  if (!mark_) {
    TRY(begin(appliance, system, steady));
  }
  const auto time = retention::accept_time(*mark_, system, steady, rules_);
  const auto next = retention::advanced(*mark_, time, steady, rules_);
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

Result<void> LegalClock::keep(erasure::Appliance& appliance, const Clock& clock) {
  TRY(look(appliance, clock));
  std::unique_lock lock(mutex_);
  if (mark_->accepted == stored_->accepted) return success();
  return store(appliance, *mark_, line_of("clock-watermark", last_));
}

std::chrono::milliseconds LegalClock::unproven() const {
  std::unique_lock lock(mutex_);
  return mark_ ? retention::unproven(*mark_, rules_) : std::chrono::milliseconds{0};
}

std::optional<LegalClock::Disagreement> LegalClock::disagreement() const {
  std::unique_lock lock(mutex_);
  return disagreement_;
}

Result<json::object> restore_watermark(erasure::Appliance& appliance, std::uint64_t present,
                                       const journal::Journal* remains, std::chrono::hours off_time) {
  const auto rules = clock_rules(off_time);
  auto& zero = appliance.zero();
  TRY(const auto stored, zero.get(watermark_key()));
  Watermark mark = of_no_boot({}, {});
  if (stored) {
    TRY(mark, decode_watermark(*stored));
  }
  TRY(auto known,
      replayed_time(zero, appliance.journal(), present, {mark.accepted, false, retention::unproven(mark, rules)}));
  json::object told;
  if (remains != nullptr) {
    const auto further = replayed_time(zero, *remains, present, known);
    if (further) known = further.value();
    if (!further) oplog::failure("lines of accepted time in the old journal were not read to the end", further.error());
    told["remainsRead"] = further.has_value();
  }
  told["accepted"] = to_iso8601(known.accepted);
  if (stored) told["stored"] = to_iso8601(mark.accepted);
  if (known.accepted == Instant{}) return told;  // the backup is from before the first look, and no line tells more
  if (known.accepted != mark.accepted) mark = of_no_boot(known.accepted, *known.unproven);
  auto line = told;
  line["operation"] = "clock-restored";
  TRY(put_watermark(zero, mark, rules, std::move(line)));
  return told;
}

Result<void> LegalClock::accept(erasure::Appliance& appliance, const Clock& clock, json::object line) {
  TRY(const auto steady, read_steady(appliance));
  std::unique_lock lock(mutex_);
  const auto mark = retention::accepted_by_two(clock.now(), steady);
  line["operation"] = "clock-accept";
  TRY(store(appliance, mark, std::move(line)));
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
  out["unprovenSeconds"] = in_seconds(parts.legal.unproven());
  if (const auto apart = parts.legal.disagreement()) out["disagreementAtStart"] = told_of(*apart);
  return out;
}

Answer clock_accept(Parts& parts, Context& context) {
  auto line = log_object(context, "clock-accept", "ok");
  line["before"] = told_of(parts.legal.last());
  line["system"] = to_iso8601(parts.clock.now());
  TRY(parts.legal.accept(parts.appliance, parts.clock, std::move(line)));
  context.logged = true;
  auto out = told_of(parts.legal.last());
  out["today"] = retention::to_text(tokyo_date(parts.legal.now()));
  return out;
}

}  // namespace shosoin::service
