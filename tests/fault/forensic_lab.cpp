#include "tests/fault/forensic_lab.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "storage/files/synthetic.h"
#include "tests/fault/epoch_rig.h"

namespace shosoin::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// Characters every municipal system has, so that no row waits for 文字同定.
constexpr auto kKanji =
    std::to_array<std::string_view>({"佐", "藤", "高", "橋", "田", "中", "山", "本", "小", "林", "加", "伊",
                                     "渡", "村", "松", "井", "木", "清", "水", "森", "池", "石", "川", "原"});
constexpr auto kKatakana =
    std::to_array<std::string_view>({"ア", "イ", "ウ", "エ", "オ", "カ", "キ", "ク", "ケ", "コ", "サ", "シ",
                                     "ス", "セ", "ソ", "タ", "チ", "テ", "ト", "ナ", "ニ", "ヌ", "ネ", "ノ"});
constexpr auto kHiragana =
    std::to_array<std::string_view>({"あ", "い", "う", "え", "お", "か", "き", "く", "け", "こ", "さ", "し",
                                     "す", "せ", "そ", "た", "ち", "て", "と", "な", "に", "ぬ", "ね", "の"});
constexpr auto kHalfWidth =
    std::to_array<std::string_view>({"ｱ", "ｲ", "ｳ", "ｴ", "ｵ", "ｶ", "ｷ", "ｸ", "ｹ", "ｺ", "ｻ", "ｼ",
                                     "ｽ", "ｾ", "ｿ", "ﾀ", "ﾁ", "ﾃ", "ﾄ", "ﾅ", "ﾆ", "ﾇ", "ﾈ", "ﾉ"});

constexpr std::uint64_t kLeastNumber = 1'000'000'000'000;  // thirteen digits behind the 99 of made-up 宛名番号

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char letter : line) {
    if (letter == '"') {
      quoted = !quoted;
    } else if (letter == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += letter;
    }
  }
  return cells;
}
std::string line_of(const std::vector<std::string>& cells) {
  std::string line;
  for (const auto& cell : cells) line += (line.empty() ? "" : ",") + cell;
  return line + "\r\n";
}
void read_whole(int socket, char* to, std::size_t size) {
  for (std::size_t at = 0; at < size;) {
    const auto got = ::read(socket, to + at, size - at);
    ENSURE(got > 0);
    at += static_cast<std::size_t>(got);
  }
}

}  // namespace

std::string Answered::member(std::string_view name) const {
  const auto parsed = json::parse(body).as_object();
  const auto* value = parsed.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Lab::Lab(std::uint64_t seed) : random_(seed), scratch_(quick_place()) {
  int control[2], steps[2];
  ENSURE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) == 0);
  ENSURE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, steps) == 0);
  const auto program = fs::read_symlink("/proc/self/exe").parent_path() / "forensic_vault";
  child_ = ::fork();
  ENSURE(child_ >= 0);
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDERR_FILENO);
    ::fcntl(control[1], F_SETFD, 0);
    ::fcntl(steps[1], F_SETFD, 0);
    const auto first = std::to_string(control[1]), second = std::to_string(steps[1]);
    ::execl(program.c_str(), program.c_str(), first.c_str(), second.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(control[1]);
  ::close(steps[1]);
  control_ = control[0];
  steps_socket_ = steps[0];
  std::istringstream words(tell(""));
  std::string word, root;
  words >> word >> root >> tcti_;
  ENSURE(word == "ready");
  for (std::size_t i = 0; i < kTenants; ++i) {
    Place place;
    words >> place.code;
    for (auto* id : {&place.operator_id, &place.manager_id}) {
      words >> *id;
      words >> passwords_[*id];
    }
    place.asks = place.code + std::string(26, 'a');
    place.decides = place.code + std::string(26, 'd');
    places_.push_back(std::move(place));
  }
  const fs::path where = root;
  settings_.data_directory = where / "data";
  settings_.state_copy_directory = where / "state-copy";
  settings_.gate_socket = where / "gate.sock";
  settings_.auth_file = where / "tpm-auth";
  settings_.signer_public_key = where / "signer.pem";
  settings_.boot_approvals = where / "approvals.json";
  copier_ = std::thread([this] { watch_steps(); });
}

Lab::~Lab() {
  ::close(channel_);
  ::close(control_);  // it goes when nobody tells it anything any more
  ::waitpid(child_, nullptr, 0);
  copier_.join();
  ::close(steps_socket_);
  ::close(tpm_);
}

std::string Lab::tell(const std::string& line) {
  if (!line.empty()) {
    const auto sent = line + "\n";
    ENSURE(::write(control_, sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
  }
  std::string answer;
  for (char letter = 0;;) {
    read_whole(control_, &letter, 1);
    if (letter == '\n') break;
    answer += letter;
  }
  if (line == "open" || line == "close") {
    ::close(std::exchange(channel_, -1));
  }
  if (answer.starts_with("refused")) {
    std::printf("the vault's keeper: %s: %s\n", line.c_str(), answer.c_str());
    ENSURE(!"the vault's keeper does as it is told");
  }
  return answer;
}

// The vault waits at the step meanwhile, and stands still with all its threads while it is copied.
void Lab::watch_steps() {
  for (char length = 0; ::read(steps_socket_, &length, 1) == 1;) {
    std::string step(static_cast<std::size_t>(length), '\0');
    read_whole(steps_socket_, step.data(), step.size());
    ++steps_[step];
    int stopped = 0;
    ENSURE(::kill(child_, SIGSTOP) == 0 && ::waitpid(child_, &stopped, WUNTRACED) == child_ && WIFSTOPPED(stopped));
    copy_now();
    ENSURE(::kill(child_, SIGCONT) == 0);
    ENSURE(::write(steps_socket_, "g", 1) == 1);
  }
}

void Lab::copy_now() {
  copy_tree(settings_.data_directory, scratch_.path() / "data");
  copy_tree(settings_.state_copy_directory, scratch_.path() / "state");
  hoard_.take(scratch_.path() / "data", scratch_.path() / "state");
}

std::unique_ptr<tpm::Anchor> Lab::anchor() {
  if (tpm_ < 0) {
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, child_, 0));
    ENSURE(process >= 0);
    tpm_ = static_cast<int>(::syscall(SYS_pidfd_getfd, process, std::stoi(tcti_.substr(3)), 0));
    ::close(process);
    ENSURE(tpm_ >= 0);
  }
  settings_.tcti = "fd:" + std::to_string(tpm_);
  auto opened = service::open_anchor(settings_);
  ENSURE(opened);
  return std::move(opened.value().anchor);
}

void Lab::connect() {
  channel_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  settings_.gate_socket.native().copy(address.sun_path, sizeof address.sun_path - 1);
  ENSURE(::connect(channel_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

Answered Lab::ask(Kind kind, Fields fields) {
  if (channel_ < 0) connect();
  protocol::Request request{kind, 42, {}};
  for (const auto& [id, text] : fields) protocol::set(request, id, text);
  const auto bytes = protocol::encode(request);
  const auto begun = std::chrono::steady_clock::now();
  ENSURE(::send(channel_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  std::array<std::uint8_t, 4> head{};
  read_whole(channel_, reinterpret_cast<char*>(head.data()), head.size());
  Bytes payload(from_be<std::uint32_t>(head));
  read_whole(channel_, reinterpret_cast<char*>(payload.data()), payload.size());
  const auto took = std::chrono::steady_clock::now() - begun;
  auto reply = protocol::decode_reply(payload).value();
  return {reply.status, std::string(reply.body), std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()};
}

void Lab::must(const Answered& answered, const char* what) const {
  if (answered.status == 0) return;
  std::printf("%s: %s\n", what, answered.body.c_str());
  ENSURE(!"the vault does what it is asked for");
}

void Lab::log_in(std::size_t tenant) {
  auto& place = places_[tenant];
  for (const auto& [id, terminal, session] : {std::tuple(&place.operator_id, &place.asks, &place.operator_session),
                                              std::tuple(&place.manager_id, &place.decides, &place.manager_session)}) {
    const auto told = ask(Kind::Login, {{FieldId::Terminal, *terminal},
                                        {FieldId::PersonId, *id},
                                        {FieldId::Password, passwords_.at(*id)},
                                        {FieldId::Code, tell("code " + *id)}});
    must(told, "log in");
    *session = std::string(text_of(from_base64url(told.member("session")).value()));
  }
}
Fields Lab::as_operator(std::size_t tenant) const {
  const auto& place = places_[tenant];
  return {
      {FieldId::Terminal, place.asks}, {FieldId::Session, place.operator_session}, {FieldId::TenantCode, place.code}};
}
Fields Lab::as_manager(std::size_t tenant, bool with_code) {
  const auto& place = places_[tenant];
  Fields fields{
      {FieldId::Terminal, place.decides}, {FieldId::Session, place.manager_session}, {FieldId::TenantCode, place.code}};
  if (with_code) fields[FieldId::Code] = tell("code " + place.manager_id);
  return fields;
}

std::vector<Marker> Lab::make_people(std::size_t tenant, std::size_t count, std::uint64_t salt, std::string& csv) {
  const auto definitions = files::DefinitionSet::embedded().value();
  const auto code = files::LocalGovernmentCode::parse(places_[tenant].code).value();
  std::string all;
  ENSURE(files::write_synthetic_people(*definitions.find(kFile), {code, count, random_() ^ salt, true},
                                       [&](std::string_view text) -> Result<void> {
                                         all += text;
                                         return success();
                                       }));
  std::istringstream lines(all);
  std::string line;
  std::getline(lines, line);
  csv = line + "\n";
  while (line.ends_with('\r')) line.pop_back();
  const auto names = cells_of(line.starts_with("\xEF\xBB\xBF") ? line.substr(3) : line);
  const auto column = [&](std::string_view name) {
    const auto at = std::ranges::find(names, name);
    ENSURE(at != names.end());
    return static_cast<std::size_t>(at - names.begin());
  };
  const auto draw = [&](std::size_t letters, auto&&... forms) {
    std::uniform_int_distribution<std::size_t> which(0, kKanji.size() - 1);
    for (std::size_t i = 0; i < letters; ++i) {
      const auto letter = which(random_);
      (void)std::initializer_list<int>{(*forms.second += (*forms.first)[letter], 0)...};
    }
  };
  std::vector<Marker> people;
  while (std::getline(lines, line)) {
    while (line.ends_with('\r')) line.pop_back();
    auto cells = cells_of(line);
    Marker marker;
    marker.tenant = tenant;
    marker.number = cells[column("個人番号")];
    marker.resident_code = cells[column("住民票コード")];
    marker.addressee = cells[column("宛名番号")] = "99" + std::to_string(kLeastNumber + random_() % kLeastNumber);
    marker.birth_date = cells[column("生年月日")];
    draw(8, std::pair(&kKanji, &marker.name));
    marker.address = "東京都架空市";
    draw(8, std::pair(&kKanji, &marker.address));
    std::string half;
    draw(12, std::pair(&kKatakana, &marker.kana), std::pair(&kHiragana, &marker.hiragana),
         std::pair(&kHalfWidth, &half));
    const bool converted = people.size() % 3 == 0;  // kana as old hosts write them: leaves a 変換記録
    cells[column("漢字氏名")] = marker.name;
    cells[column("ふりがな氏名")] = cells[column("清音化かぬ氏名")] = converted ? half : marker.kana;
    cells[column("住所")] = marker.address;
    marker.line = line_of(cells);
    csv += marker.line;
    people.push_back(std::move(marker));
  }
  ENSURE(people.size() == count);
  return people;
}

Answered Lab::import(std::size_t tenant, const std::string& csv) {
  auto opening = as_operator(tenant);
  opening[FieldId::File] = std::string(kFile);
  opening[FieldId::Encoding] = "UTF-8";
  const auto opened = ask(Kind::ImportOpen, opening);
  must(opened, "open an import");
  auto fields = as_operator(tenant);
  fields.erase(FieldId::TenantCode);
  fields[FieldId::ImportId] = std::string(text_of(from_hex(opened.member("importId")).value()));
  constexpr std::size_t kPiece = 100'000;
  for (std::size_t at = 0; at < csv.size(); at += kPiece) {
    auto chunk = fields;
    chunk[FieldId::Offset] = std::string(text_of(be<std::uint64_t>(at)));
    chunk[FieldId::Chunk] = csv.substr(at, kPiece);
    must(ask(Kind::ImportChunk, chunk), "feed an import");
  }
  const auto closed = ask(Kind::ImportClose, fields);
  must(closed, "close an import");
  if (closed.member("state") != "staged") std::printf("%s\n", closed.body.c_str());
  auto decision = as_manager(tenant);
  decision[FieldId::ImportId] = fields[FieldId::ImportId];
  decision[FieldId::Decision] = "approve";
  must(ask(Kind::ImportDecide, decision), "confirm an import");
  return closed;
}

Answered Lab::retrieve(std::size_t tenant, std::string_view kind, const std::string& value,
                       const std::string& birth_date) {
  auto fields = as_operator(tenant);
  fields[FieldId::File] = std::string(kFile);
  fields[FieldId::SearchKind] = std::string(kind);
  fields[FieldId::SearchValue] = value;
  if (!birth_date.empty()) fields[FieldId::BirthDate] = birth_date;
  fields[FieldId::ReasonCode] = "certificate-issue";
  fields[FieldId::CaseReference] = "架空-鑑識-1";
  return ask(Kind::Retrieve, fields);
}

}  // namespace shosoin::test
