// Damage at rest: an installation with three tenants is copied, one bit of it is flipped (or an older page or file put
// back), a process of its own starts on it, reads everything that was ever acknowledged and runs the storage check. By
// hand:
//   bit_flips [--flips 2000] [--stale 200] [--seed 1] [--verbose]
// Forbidden are a wrong answer, a silent absence, a lost line, a crash, a hang, and damage that was met but not named
// by the check.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <random>

#include "storage/generations/records_entry.h"
#include "tests/fault/damage.h"
#include "tests/fault/epoch_rig.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using generations::TableId;

constexpr unsigned kPatience = 60;  // seconds until a start and a walk count as hanging

struct Truth {
  std::map<TenantId, std::set<RecordId>> erased;
  std::map<std::string, std::string> certificates;  // by serial
  TenantId certified_tenant;
  std::map<TenantId, std::uint64_t> lines;
};

// What one start on damaged data came to; the first forbidden thing wins.
struct Verdict {
  std::string word = "sound";
  std::string detail;
  bool forbidden = false;
  void forbid(std::string what, std::string more = {}) {
    if (forbidden) return;
    word = std::move(what);
    detail = std::move(more);
    forbidden = true;
  }
  void named(const Error& error) {
    if (error.code() != ErrorCode::Integrity) return forbid("WRONG ERROR", std::string(error.doing()));
    if (forbidden || word != "sound") return;
    word = "named";
    detail = std::string(error.doing());
  }
};

void read_records(generations::TenantStore& store, const std::vector<PlantedRecord>& planted,
                  const std::set<RecordId>& erased, Verdict& verdict) {
  std::set<Bytes> search;
  const auto scanned = store.scan(TableId::SearchKeys, {}, [&](const generations::Entry& entry) {
    search.insert(entry.key.bytes);
    return true;
  });
  if (!scanned) verdict.named(scanned.error());
  for (const auto& record : planted) {
    const bool gone = erased.contains(record.id);
    const auto entry = store.get({TableId::Records, copy_of(record.id.view())});
    if (!entry) {
      verdict.named(entry.error());
      continue;
    }
    if (gone != !entry.value()) {
      verdict.forbid(gone ? "RESURRECTED" : "SILENTLY ABSENT", record.id.hex());
      continue;
    }
    Bytes key{1};
    append(key, record.token);
    append(key, record.id.view());
    if (scanned && search.contains(key) == gone) verdict.forbid("WRONG SEARCH", record.id.hex());
    if (gone) continue;
    const auto where = generations::decode_record_entry(*entry.value());
    if (!where) {
      verdict.named(where.error());
      continue;
    }
    const auto row = store.read_row(where.value().record.id, where.value().record.key);
    if (!row) {
      verdict.named(row.error());
    } else if (text_of(row.value()) != record.text) {
      verdict.forbid("WRONG ANSWER", record.id.hex());
    }
  }
}

Verdict examine(EpochRig& rig, const Truth& truth) {
  Verdict verdict;
  if (const auto started = rig.start(); !started) {
    verdict.word = "refused";
    verdict.detail = std::string(started.error().doing());
    if (started.error().code() != ErrorCode::Integrity) verdict.forbid("WRONG REFUSAL", verdict.detail);
    return verdict;
  }
  auto& appliance = rig.appliance();
  const auto& status = appliance.status();
  for (const auto& tenant : rig.tenants) {
    const auto store = appliance.tenant(tenant);
    if (!store) {
      verdict.named(store.error());
      continue;
    }
    const auto erased = truth.erased.find(tenant);
    read_records(*store.value(), rig.records.at(tenant),
                 erased == truth.erased.end() ? std::set<RecordId>{} : erased->second, verdict);
  }
  for (const auto& [serial, text] : truth.certificates) {
    const auto found = appliance.certificate(truth.certified_tenant, serial);
    if (!found) {
      verdict.named(found.error());
    } else if (found.value() != text && status.recovered == "settled") {
      verdict.forbid("WRONG CERTIFICATE", serial);
    }
  }
  for (const auto& [tenant, lines] : truth.lines) {
    if (appliance.journal().position(tenant).line < lines) verdict.forbid("LOST LINE", tenant.hex());
  }
  const auto report = json::parse(appliance.check_storage().value()).as_object();
  const bool sound = report.at("sound").as_bool();
  if (verdict.word == "named" && sound) verdict.forbid("NOT NAMED BY THE CHECK", verdict.detail);
  if (verdict.word == "sound" && !sound) {
    verdict.word = "named by the check";
    const auto& fault = report.at("faults").at(0).as_object();
    verdict.detail = std::string(fault.at("where").as_string()) + ": " + std::string(fault.at("what").as_string());
  }
  if (!verdict.forbidden && status.recovered != "settled") verdict.word = "made good: " + status.recovered;
  return verdict;
}

// In a process of its own: a crash is what this is about.
Verdict examine_apart(EpochRig& rig, const Truth& truth) {
  int ends[2];
  ENSURE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  ENSURE(child >= 0);
  if (child == 0) {
    ::alarm(kPatience);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(9);
    const auto verdict = examine(rig, truth);
    rig.stop();
    const std::string text = std::string(verdict.forbidden ? "!" : ".") + verdict.word + "\n" + verdict.detail;
    ENSURE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t got = 0; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ENSURE(::waitpid(child, &status, 0) == child);
  Verdict verdict;
  if (WIFSIGNALED(status)) {
    verdict.forbid(WTERMSIG(status) == SIGALRM ? "HANG" : "CRASH", "signal " + std::to_string(WTERMSIG(status)));
  } else if (WEXITSTATUS(status) != 0 || text.empty()) {
    verdict.forbid("ENDED", "exit " + std::to_string(WEXITSTATUS(status)));
  } else {
    const auto line = text.find('\n');
    verdict.forbidden = text[0] == '!';
    verdict.word = text.substr(1, line - 1);
    verdict.detail = text.substr(line + 1);
  }
  return verdict;
}

struct Settings {
  int flips = 2000, stale = 200;
  std::uint64_t seed = 1;
  bool verbose = false;
};
std::optional<Settings> parse(int count, char** words) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--verbose") {
      settings.verbose = true;
      continue;
    }
    if (i + 1 >= count) return std::nullopt;
    const auto value = std::strtoll(words[++i], nullptr, 10);
    if (value < 0) return std::nullopt;
    if (word == "--flips") {
      settings.flips = static_cast<int>(value);
    } else if (word == "--stale") {
      settings.stale = static_cast<int>(value);
    } else if (word == "--seed") {
      settings.seed = static_cast<std::uint64_t>(value);
    } else {
      return std::nullopt;
    }
  }
  return settings;
}

// A history: an erasure with its certificates, records in snapshot and delta, lines of reads, a merge, drafts in the
// outboxes.
Truth live(EpochRig& rig) {
  Truth truth;
  ENSURE(rig.start());
  for (const auto& tenant : rig.tenants) rig.plant(tenant, 60);
  const auto outcome = rig.erase_some();
  ENSURE(outcome);
  truth.certified_tenant = rig.tenants[0];
  for (int t = 0; t < 2; ++t) {
    const auto& tenant = rig.tenants[static_cast<std::size_t>(t)];
    for (std::size_t i = 0; i < EpochRig::kErased; ++i) truth.erased[tenant].insert(rig.records.at(tenant)[i].id);
  }
  rig.plant(rig.tenants[2], 30);
  ENSURE(rig.appliance().merge(*rig.appliance().tenant(rig.tenants[2]).value(), {}));
  rig.stop();
  rig.save_disk(rig.root() / "older");
  ENSURE(rig.start());
  for (int round = 0; round < 6; ++round) {
    for (const auto& tenant : rig.tenants) {
      rig.plant(tenant, 6);
      for (int i = 0; i < 4; ++i)
        ENSURE(rig.appliance().tenant(tenant).value()->log({false, R"({"operation":"read"})"}));
    }
    ENSURE(rig.appliance().zero().change([](std::uint64_t seq) -> Result<generations::Change> {
      return generations::Change{{{{TableId::Facts, copy_of(be(seq))}, Bytes{2}}}, {}, {}, {false, "{}"}};
    }));
  }
  for (const auto& serial : outcome.value().serials) {
    if (auto text = rig.appliance().certificate(truth.certified_tenant, serial))
      truth.certificates[serial] = text.value();
  }
  ENSURE(truth.certificates.size() == 1);
  for (const auto& tenant : rig.tenants) truth.lines[tenant] = rig.appliance().journal().position(tenant).line;
  truth.lines[kAppliance] = rig.appliance().journal().position(kAppliance).line;
  rig.stop();
  rig.save_all(rig.root() / "now");
  return truth;
}

int run(const Settings& settings) {
  EpochRig rig;
  const auto truth = live(rig);
  const auto whole = examine_apart(rig, truth);
  if (whole.word != "sound") {
    std::printf("the undamaged installation is not sound: %s (%s)\n", whole.word.c_str(), whole.detail.c_str());
    return 1;
  }
  rig.restore_disk(rig.root() / "now");
  Damage damage(rig, settings.seed);
  std::map<std::string, std::map<std::string, int>> table;
  int forbidden = 0;
  for (int i = 0; i < settings.flips + settings.stale; ++i) {
    const auto done = i < settings.flips ? damage.flip(i) : damage.put_back_older();
    const auto verdict = examine_apart(rig, truth);
    ++table[done.kind][verdict.word];
    if (verdict.forbidden) ++forbidden;
    if (verdict.forbidden || settings.verbose)
      std::printf("%5d %-12s %s: %s (%s)\n", i, done.kind.c_str(), done.place.c_str(), verdict.word.c_str(),
                  verdict.detail.c_str());
    if (verdict.word.starts_with("made good") || verdict.forbidden) {
      rig.restore_all(rig.root() / "now");
    } else {
      rig.restore_disk(rig.root() / "now");
    }
  }
  for (const auto& [kind, words] : table) {
    int all = 0;
    for (const auto& [word, count] : words) all += count;
    std::printf("%-24s %5d:", kind.c_str(), all);
    for (const auto& [word, count] : words) std::printf("  %s %d", word.c_str(), count);
    std::printf("\n");
  }
  std::printf("%d bits flipped, %d older pages or files put back, seed %llu: %d forbidden\n", settings.flips,
              settings.stale, static_cast<unsigned long long>(settings.seed), forbidden);
  return forbidden == 0 && testing::UnitTest::GetInstance()->ad_hoc_test_result().Passed() ? 0 : 1;
}

}  // namespace
}  // namespace shosoin::test

int main(int count, char** words) {
  const auto settings = shosoin::test::parse(count, words);
  if (!settings) {
    std::fputs("usage: bit_flips [--flips N] [--stale N] [--seed N] [--verbose]\n", stderr);
    return 64;
  }
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);  // thousands of copies: no platter needed
  return shosoin::test::run(*settings);
}
