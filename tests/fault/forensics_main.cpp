// Forensics with 1,000 markers (promise 5; E-05, E-09, S-07). Three tenants import 1,000 people through the gate's
// socket; half of them are erased in two batches, the third tenant closed during the first. The disks are copied at
// every durable step. Then the attacker has all copies, the live TPM, every secret of the service and the memory of the
// vault that has seen it all - and finds no plaintext and no key of the erased; and a distinguisher with all that and
// the live service cannot tell which of 1,000 numbers had been there.
//   forensic_marks [--markers N] [--seed N]      by hand: tests/fault/forensics
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "crypto/hash.h"
#include "storage/files/stored_row.h"
#include "storage/generations/records_entry.h"
#include "tests/fault/forensic_lab.h"
#include "tests/fault/planted_texts.h"
#include "tests/fault/process_image.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using generations::TableId;

int failures = 0;
void expect(bool holds, const std::string& what) {
  if (!holds) ++failures;
  if (!holds) std::printf("FAILED: %s\n", what.c_str());
}
void phase(const char* what) {
  std::printf("[%5.1f s cpu] %s\n", static_cast<double>(std::clock()) / CLOCKS_PER_SEC, what);
  std::fflush(stdout);
}

// Everything a key of the loot opens, down to the rows of records.
struct Opened {
  std::map<std::pair<TenantId, RecordId>, generations::RecordEntry> records;
  std::vector<Bytes> rows;
  std::map<TenantId, Bytes> number_keys;
  std::set<Needles::Mark> found(const Needles& needles, const ImageHoard::Loot& loot) const {
    auto all = loot.found(needles);
    for (const auto& row : rows) needles.scan(row, all);
    return all;
  }
};
Opened open_rows(const ImageHoard::Loot& loot, const ImageHoard& hoard) {
  constexpr std::size_t kNumberKeyAt = 2 + 32 + 8 + 8 + 8 + 4;  // storage/generations/generations.md, header
  Opened opened;
  for (const auto& plain : loot.plaintexts) {
    if (plain.header) {
      if (plain.bytes.size() >= kNumberKeyAt + 32)
        opened.number_keys[plain.tenant] = copy_of(ByteView(plain.bytes).subspan(kNumberKeyAt, 32));
      continue;
    }
    auto entries = generations::decode_entries(plain.bytes);
    if (!entries) continue;
    for (const auto& entry : entries.value()) {
      if (entry.key.table != TableId::Records || !entry.value) continue;
      auto record = generations::decode_record_entry(*entry.value);
      if (record)
        opened.records.insert_or_assign({plain.tenant, RecordId::from(entry.key.bytes).value()}, record.value());
    }
  }
  for (const auto& [name, record] : opened.records) {
    for (const auto& place : {record.record, record.number, record.source}) {
      const auto row = hoard.rows().find({name.first, copy_of(place.id.view())});
      if (row == hoard.rows().end()) continue;
      auto plain = crypto::decrypt_row(place.key, {name.first, place.id}, row->second);
      if (plain) opened.rows.push_back(std::move(plain.value()));
    }
  }
  return opened;
}

// Each answer has a random id of its own, which tells nothing about what was asked.
std::string without_request_id(const Answered& answered) {
  auto body = json::parse(answered.body).as_object();
  body.erase("requestId");
  return std::to_string(answered.status) + ' ' + json::serialize(body);
}

std::string share(std::size_t part, std::size_t all) { return std::to_string(part) + " of " + std::to_string(all); }

class Experiment {
 public:
  Experiment(std::size_t markers, std::uint64_t seed) : lab_(seed), markers_(markers) {}

  void run() {
    import_all();
    look_before();
    use_all();
    first_batch();
    second_batch();
    look_after();
    come_again();
    std::printf("%zu copies at %zu kinds of steps, %zu boxes, %zu epoch states, %zu MiB of different bytes\n",
                lab_.hoard().copies(), lab_.steps().size(), lab_.hoard().boxes(), lab_.hoard().states(),
                lab_.hoard().kept_bytes() >> 20);
  }

 private:
  std::size_t count_goes() const {
    return static_cast<std::size_t>(std::ranges::count_if(people_, [](const Marker& marker) { return marker.goes; }));
  }
  void import_all() {
    phase("import");
    for (std::size_t tenant = 0; tenant < Lab::kTenants; ++tenant) {
      std::string csv, none;
      const auto count = markers_ / Lab::kTenants + (tenant < markers_ % Lab::kTenants ? 1 : 0);
      auto present = lab_.make_people(tenant, count, 1, csv);
      auto strangers = lab_.make_people(tenant, count / 2, 2, none);  // as many as go, of whom nobody ever hears
      header_ = csv.substr(0, csv.find('\n') + 1);
      lab_.log_in(tenant);
      lab_.copy_at_every_step(true);
      lab_.import(tenant, csv);
      planted_.set_holds(lab_, tenant, strangers);
      lab_.copy_at_every_step(false);
      std::ranges::shuffle(present, lab_.random());
      for (std::size_t i = 0; i < present.size() / 2; ++i) present[i].goes = true;
      std::ranges::move(present, std::back_inserter(people_));
      std::ranges::move(strangers, std::back_inserter(strangers_));
    }
    for (std::size_t i = 0; i < people_.size(); ++i) {
      const auto& marker = people_[i];
      auto mark = static_cast<Needles::Mark>(i * kKinds);
      plaintexts_.add_text(mark++, marker.name);
      plaintexts_.add_text(mark, marker.kana);
      plaintexts_.add_text(mark++, marker.hiragana);
      plaintexts_.add_text(mark++, marker.address);
      for (const auto& digits : {marker.number, marker.resident_code, marker.addressee})
        plaintexts_.add_number(mark++, digits);
    }
  }

  // Of what was found, what speaks of people who go. of_each: marks a person has in these needles.
  std::size_t going(const std::set<Needles::Mark>& found, std::size_t of_each = kKinds) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(found, [&](auto mark) { return people_.at(mark / of_each).goes; }));
  }

  // The attacker is no straw man: with the same means he finds everything while it is there.
  void look_before() {
    phase("attack before the erasure");
    lab_.tell("close");
    lab_.copy_now();
    const auto loot = lab_.hoard().attack(*lab_.anchor());
    const auto opened = open_rows(loot, lab_.hoard());
    const auto found = opened.found(plaintexts_, loot);
    const auto all = people_.size() * kKinds;
    expect(found.size() == all, "before the erasure everything is found: " + share(found.size(), all));
    expect(opened.number_keys.size() >= Lab::kTenants, "number keys are found");
    before_ = loot.keys;
    records_ = opened.records;
    number_keys_ = opened.number_keys;
    tokens_ = tokens_of(people_);
    expect(loot.found(tokens_).size() == people_.size(), "tokens of all numbers are found");
    queries_ = planted_.query_needles(number_keys_);
    expect(loot.found(queries_).size() == planted_.queries(), "search keys of holds are found while they hold");
    std::printf("before: %s markers, %d halves, %d tables, %d generations\n", share(found.size(), all).c_str(),
                loot.halves, loot.tables, loot.generations);
  }

  Needles tokens_of(const std::vector<Marker>& people) {
    Needles needles;
    for (std::size_t i = 0; i < people.size(); ++i) {
      for (const auto& [tenant, key] : number_keys_) {
        for (const auto& digits : {people[i].number, people[i].resident_code}) {
          const auto token = crypto::hmac_sha256(key, {view_of(digits)});
          needles.add_secret(static_cast<Needles::Mark>(i), token);
        }
      }
    }
    return needles;
  }

  // The vault reads, holds, releases, and takes applications: what it erases has been through its memory.
  void use_all() {
    phase("retrievals, a hold and its release, applications");
    lab_.tell("open");
    for (std::size_t tenant = 0; tenant < Lab::kTenants; ++tenant) {
      lab_.log_in(tenant);
      planted_.release_holds(lab_, tenant);
      std::string records;
      for (auto& marker : people_) {
        if (marker.tenant != tenant) continue;
        const auto told = lab_.retrieve(tenant, "individualNumber", marker.number);
        lab_.must(told, "retrieve");
        const auto parsed = json::parse(told.body);
        const auto& record = parsed.at("records").at(0);
        marker.record = record.at("recordId").as_string();
        if (record.as_object().contains("integratedAddresseeNumber"))
          marker.integrated = record.at("integratedAddresseeNumber").as_string();
        if (marker.goes) records += std::string(text_of(from_hex(marker.record).value()));
      }
      auto application = lab_.as_operator(tenant);
      application[FieldId::File] = std::string(Lab::kFile);
      application[FieldId::RecordIds] = records;
      application[FieldId::Items] = "全項目";
      application[FieldId::Medium] = "本サーバーの記憶装置";
      application[FieldId::Quantity] = std::to_string(records.size() / 16) + "件";
      application[FieldId::Method] = "暗号鍵の破棄";
      application[FieldId::PlannedDate] = "2026-12-01";
      application[FieldId::Ground] = "架空市文書管理規程第10条";
      planted_.put_into(lab_, application);
      const auto asked = lab_.ask(Kind::ErasureRequest, application);
      lab_.must(asked, "apply for an erasure");
      auto decision = lab_.as_manager(tenant);
      decision[FieldId::ErasureId] = std::string(text_of(from_hex(asked.member("erasureId")).value()));
      decision[FieldId::Decision] = "approve";
      lab_.must(lab_.ask(Kind::ErasureDecide, decision), "approve an erasure");
    }
    for (std::size_t i = 0; i < people_.size(); ++i) {
      if (!people_[i].goes) continue;
      const auto id = RecordId::parse(people_[i].record).value();
      for (const auto& [name, record] : records_) {
        if (name.second != id) continue;
        for (const auto& place : {record.record, record.number, record.source}) {
          if (place.id != RowId{}) erased_keys_.add_secret(static_cast<Needles::Mark>(i), place.key);
        }
      }
      ++goes_;
    }
  }

  void batch() {
    lab_.copy_at_every_step(true);
    lab_.tell("batch");
    lab_.copy_at_every_step(false);
  }

  // The third tenant is closed: nobody has opened it since the start.
  void first_batch() {
    phase("first batch, the third tenant closed");
    lab_.tell("close");
    lab_.tell("open");
    for (const std::size_t tenant : {0u, 1u}) {
      lab_.log_in(tenant);
      lab_.must(lab_.retrieve(tenant, "individualNumber", kept_of(tenant).number), "retrieve");
    }
    batch();
    lab_.tell("close");
    lab_.copy_now();
    const auto loot = lab_.hoard().attack(*lab_.anchor());
    const auto found = open_rows(loot, lab_.hoard()).found(plaintexts_, loot);
    std::size_t there = 0, of_closed = 0;
    for (const auto mark : found) {
      const auto& marker = people_[mark / kKinds];
      if (marker.goes) ++(marker.tenant == 2 ? of_closed : there);
    }
    expect(there == 0, "after the first batch: people of open tenants " + std::to_string(there));
    expect(of_closed > 0, "the closed tenant's are there still");
    std::printf("between: 0 expected of the open tenants and found %zu; of the closed one %zu wait\n", there,
                of_closed);
    middle_ = loot.keys;
    lab_.tell("open");
  }
  const Marker& kept_of(std::size_t tenant) const {
    return *std::ranges::find_if(people_,
                                 [&](const Marker& marker) { return marker.tenant == tenant && !marker.goes; });
  }

  void second_batch() {
    phase("second batch");
    for (std::size_t tenant = 0; tenant < Lab::kTenants; ++tenant) {
      lab_.log_in(tenant);
      lab_.must(lab_.retrieve(tenant, "individualNumber", kept_of(tenant).number), "retrieve");
    }
    batch();
  }

  void look_after() {
    phase("the vault's memory");
    // What the attacker held before, told apart from what still counts: tenants' seals live on, and keys of tenants
    // untouched since.
    const auto memory_plain = search_process(lab_.vault(), plaintexts_);
    const auto memory_keys = search_process(lab_.vault(), erased_keys_);
    const auto memory_tokens = search_process(lab_.vault(), tokens_);
    const auto memory_queries = search_process(lab_.vault(), queries_);
    Needles old;
    std::vector<Bytes> old_keys = before_;
    old_keys.insert(old_keys.end(), middle_.begin(), middle_.end());
    for (std::size_t i = 0; i < old_keys.size(); ++i) old.add_secret(static_cast<Needles::Mark>(i), old_keys[i]);
    const auto memory_old = search_process(lab_.vault(), old);
    ask_live();
    phase("attack on all copies");
    lab_.tell("close");
    lab_.copy_now();
    const auto loot = lab_.hoard().attack(*lab_.anchor());
    const auto opened = open_rows(loot, lab_.hoard());
    const std::set<Bytes> live(loot.keys.begin(), loot.keys.end());
    const auto dead = [&](const std::set<Needles::Mark>& found) {
      return std::ranges::count_if(found, [&](auto mark) { return !live.contains(old_keys[mark]); });
    };
    std::size_t dead_keys = 0;
    for (const auto& key : std::set<Bytes>(old_keys.begin(), old_keys.end())) dead_keys += live.contains(key) ? 0u : 1u;

    const auto plain = opened.found(plaintexts_, loot);
    expect(going(plain) == 0, "plaintexts of erased people in the copies: " + std::to_string(going(plain)));
    expect(plain.size() == (people_.size() - goes_) * kKinds,
           "kept people are found by the same means: " + std::to_string(plain.size()));
    expect(loot.found(erased_keys_).empty(), "keys of erased rows in the copies");
    expect(going(loot.found(tokens_), 1) == 0, "tokens of erased numbers in the copies");
    expect(loot.found(queries_).empty(), "search keys of released holds in the copies");
    expect(memory_queries.found.empty(), "search keys of released holds in memory");
    // What was typed stays as it was typed, inside boxes that are opened today, and nowhere else (threat model).
    const auto typed = loot.found(planted_.typed_needles()).size();
    expect(typed == planted_.typed(), "typed texts are kept: " + share(typed, planted_.typed()));
    expect(lab_.hoard().found(planted_.typed_needles()).empty(), "typed texts in files");
    expect(lab_.hoard().found(queries_).empty(), "search keys of holds in files");
    expect(lab_.hoard().found(plaintexts_).empty(), "plaintexts in files");
    expect(lab_.hoard().found(erased_keys_).empty(), "row keys in files");
    expect(lab_.hoard().found(tokens_).empty(), "tokens in files");
    expect(lab_.hoard().found(old).empty(), "old keys in files");
    expect(dead_keys >= 10, "old epochs had keys of their own");
    expect(memory_plain.unreadable == 0, "all of the memory could be read");
    expect(going(memory_plain.found) == 0,
           "plaintexts of erased people in memory: " + std::to_string(going(memory_plain.found)));
    expect(memory_keys.found.empty(), "keys of erased rows in memory: " + std::to_string(memory_keys.found.size()));
    expect(going(memory_tokens.found, 1) == 0,
           "tokens of erased numbers in memory: " + std::to_string(going(memory_tokens.found, 1)));
    expect(dead(memory_old.found) == 0, "old keys in memory: " + std::to_string(dead(memory_old.found)));
    const auto kept = memory_old.found.size() - static_cast<std::size_t>(dead(memory_old.found));
    expect(kept > 0, "keys that still count are found in memory, so the search sees guarded pages");
    distinguish(plain, loot, opened);
    std::printf("memory: %zu MiB in %zu mappings, %zu live keys found, %zu kept people seen in passing\n",
                memory_plain.bytes >> 20, memory_plain.mappings, kept, memory_plain.found.size());
    std::printf("after: %zu erased people: 0 expected, %zu found; %zu keys of old epochs and %zu of rows: %zu found\n",
                goes_, going(plain), dead_keys, goes_,
                static_cast<std::size_t>(dead(memory_old.found)) + memory_keys.found.size());
  }

  void ask_live();
  void come_again();
  void distinguish(const std::set<Needles::Mark>& plain, const ImageHoard::Loot& loot, const Opened& opened);

  static constexpr std::size_t kKinds = 6;  // of markers of a person: name, kana, address, two numbers, 宛名番号
  Lab lab_;
  std::size_t markers_, goes_ = 0;
  std::vector<Marker> people_, strangers_;
  Needles plaintexts_, tokens_, erased_keys_, queries_;
  PlantedTexts planted_;
  std::vector<Bytes> before_, middle_;
  std::map<std::pair<TenantId, RecordId>, generations::RecordEntry> records_;
  std::map<TenantId, Bytes> number_keys_;
  struct Heard {
    const Marker* who;
    bool had_been;
    std::map<std::string, std::string> answers;
    std::int64_t nanoseconds = 0;
  };
  std::vector<Heard> heard_;
  std::string header_;
};

// Every way to ask about somebody, of those who were there and of those who never were, in an order that tells nothing.
void Experiment::ask_live() {
  phase("questions to the live service");
  for (const auto& marker : people_) {
    if (marker.goes) heard_.push_back({&marker, true, {}, 0});
  }
  for (const auto& marker : strangers_) heard_.push_back({&marker, false, {}, 0});
  std::ranges::shuffle(heard_, lab_.random());
  for (std::size_t tenant = 0; tenant < Lab::kTenants; ++tenant) lab_.log_in(tenant);
  for (int round = 0; round < 3; ++round) {
    for (auto& one : heard_) {
      const auto told = lab_.retrieve(one.who->tenant, "individualNumber", one.who->number);
      one.nanoseconds = round == 0 ? told.nanoseconds : std::min(one.nanoseconds, told.nanoseconds);
      one.answers["number"] = without_request_id(told);
      if (round > 0) continue;
      for (const auto& [kind, value, birth] :
           {std::tuple("residentRecordCode", one.who->resident_code, std::string()),
            std::tuple("addresseeNumber", one.who->addressee, std::string()),
            std::tuple("kanaNameAndBirthDate", one.who->kana, one.who->birth_date)}) {
        const auto also = lab_.retrieve(one.who->tenant, kind, value, birth);
        one.answers[kind] = without_request_id(also);
      }
    }
  }
}

// Some of those who had been there and some strangers arrive: nothing may tell that one of them comes back.
void Experiment::come_again() {
  phase("some come again");
  lab_.tell("open");
  lab_.log_in(0);
  constexpr std::size_t kOfEach = 8;
  std::size_t counts[2] = {0, 0};
  std::vector<const Heard*> arriving;
  std::string csv = header_;
  for (const auto& one : heard_) {
    if (one.who->tenant != 0 || counts[one.had_been]++ >= kOfEach) continue;
    arriving.push_back(&one);
    csv += one.who->line;
  }
  const auto closed = lab_.import(0, csv);
  for (const auto* told : {"\"linkFlags\":0", "\"refused\":0", "\"quarantined\":0"}) {
    expect(closed.body.find(told) != std::string::npos, "no row of who comes again is told apart: " + closed.body);
  }
  std::set<std::string> shapes;
  for (const auto* one : arriving) {
    const auto told = lab_.retrieve(0, "individualNumber", one->who->number);
    lab_.must(told, "retrieve who came again");
    const auto parsed = json::parse(told.body);
    shapes.insert(std::to_string(parsed.at("records").as_array().size()));
    expect(one->who->integrated.empty() || told.body.find(one->who->integrated) == std::string::npos,
           "nobody gets the integrated number back that he had");
  }
  expect(shapes.size() == 1, "who comes back looks like who comes first");
}

void Experiment::distinguish(const std::set<Needles::Mark>&, const ImageHoard::Loot& loot, const Opened& opened) {
  phase("the distinguisher");
  // Exactly: what can be computed from a number - its answers, its text, its tokens - is the same for all of them.
  std::set<std::map<std::string, std::string>> answers;
  for (const auto& one : heard_) answers.insert(one.answers);
  expect(answers.size() == 1, "all numbers get the same answers: " + std::to_string(answers.size()));
  Needles wanted;
  for (std::size_t i = 0; i < heard_.size(); ++i) {
    const auto mark = static_cast<Needles::Mark>(i);
    for (const auto& digits : {heard_[i].who->number, heard_[i].who->resident_code, heard_[i].who->addressee}) {
      wanted.add_number(mark, digits);
      for (const auto& [tenant, key] : number_keys_)
        wanted.add_secret(mark, crypto::hmac_sha256(key, {view_of(digits)}));
    }
  }
  auto seen = opened.found(wanted, loot);
  seen.merge(lab_.hoard().found(wanted));
  expect(seen.empty(), "numbers or tokens of them in any copy: " + std::to_string(seen.size()));

  // By time: the slower half is called "had been there", once by each number's best of three.
  std::vector<std::int64_t> times;
  for (const auto& one : heard_) times.push_back(one.nanoseconds);
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  const auto median = times[times.size() / 2];
  std::size_t right = 0;
  for (const auto& one : heard_) right += (one.nanoseconds > median) == one.had_been ? 1u : 0u;
  const auto n = static_cast<double>(heard_.size());
  const double deviations = (static_cast<double>(right) - n / 2) / std::sqrt(n / 4);
  expect(std::abs(deviations) < 5, "the time of an answer tells nothing");  // by chance once in 1,700,000 runs
  std::printf(
      "distinguisher: %zu numbers, %zu answers different, %zu found in copies; by time %zu right (%+.1f deviations)\n",
      heard_.size(), answers.size() - 1, seen.size(), right, deviations);
}

}  // namespace
}  // namespace shosoin::test

int main(int count, char** words) {
  std::size_t markers = 1000;
  std::uint64_t seed = static_cast<std::uint64_t>(std::time(nullptr));
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view word = words[i];
    if (word == "--markers") markers = std::strtoull(words[i + 1], nullptr, 10);
    if (word == "--seed") seed = std::strtoull(words[i + 1], nullptr, 10);
  }
  if (count % 2 == 0 || markers < 12 || markers > 5000) {
    std::fputs("usage: forensic_marks [--markers N, 12 to 5000] [--seed N]\n", stderr);
    return 64;
  }
  std::printf("%zu markers, seed %llu\n", markers, static_cast<unsigned long long>(seed));
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  shosoin::test::Experiment(markers, seed).run();
  std::printf("%s\n", shosoin::test::failures == 0 ? "0 erased plaintexts, 0 erased keys, nothing to tell numbers by"
                                                   : "see above");
  return shosoin::test::failures == 0 ? 0 : 1;
}
