#include "admin-api/cli/person.h"

#include <unistd.h>

#include <filesystem>

#include "admin-api/cli/context.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/flat_file.h"
#include "admin-api/cli/terminal_prompt.h"
#include "crypto/totp.h"
#include "firmware/base/clock.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

constexpr std::string_view kId = "id", kName = "name", kSection = "section", kStaffNumber = "staffNumber",
                           kPassword = "password", kTotpSecret = "totpSecret";

std::string take(FlatFile& from, std::string_view name) {
  const auto found = from.find(name);
  return found == from.end() ? std::string() : std::move(found->second);
}

}  // namespace

Person::~Person() {
  memory::wipe(password);
  memory::wipe(totp_secret);
}

Result<Person> read_person(Context& context, const std::string& path) {
  auto text = read_private(path, kMaxPersonFile);
  if (!text) return context.explain(text.error(), {}, path);
  FlatFault fault;
  auto parsed = parse_flat(text.value(), {kId, kName, kSection, kStaffNumber, kPassword, kTotpSecret}, fault);
  memory::wipe(text.value());
  if (!parsed) return context.explain(parsed.error(), fault.place, path);
  auto& values = parsed.value();
  Person person;
  person.id = take(values, kId);
  person.name = take(values, kName);
  person.section = take(values, kSection);
  person.staff_number = take(values, kStaffNumber);
  person.password = take(values, kPassword);
  std::string secret = take(values, kTotpSecret);
  if (!secret.empty()) {
    auto decoded = crypto::from_base32(secret);
    memory::wipe(secret);
    if (!decoded || decoded->size() != crypto::kTotpSecretSize) {
      return context.explain(Error{ErrorCode::BadRequest, "read a person file"}, "/totpSecret", path);
    }
    person.totp_secret = std::move(*decoded);
  }
  if (person.id.empty() || person.password.empty()) {
    return context.explain(Error{ErrorCode::BadRequest, "read a person file"}, person.id.empty() ? "/id" : "/password",
                           path);
  }
  return person;
}

Result<Person> ask_person(Context& context, const std::string& totp_path) {
  TRY(check_totp_path(context, totp_path));
  Person person;
  TRY(person.id, ask(context, {"ID(半角)", "ID"}, Echo::Shown));
  TRY(person.name, ask(context, {"氏名", "Name"}, Echo::Shown));
  TRY(person.section, ask(context, {"所属", "Section"}, Echo::Shown));
  TRY(person.staff_number, ask(context, {"職員番号", "Staff number"}, Echo::Shown));
  TRY(person.password, ask(context, {"パスワード(12文字以上)", "Password (12 characters or more)"}, Echo::Hidden));
  TRY(auto again, ask(context, {"パスワード(もう一度)", "Password again"}, Echo::Hidden));
  const bool same = again == person.password;
  memory::wipe(again);
  if (!same) return Error{ErrorCode::InvalidContent, "compare the two passwords"};
  person.totp_secret.resize(crypto::kTotpSecretSize);
  fill_random(person.totp_secret);
  std::string line = crypto::base32(person.totp_secret) + "\n";
  const auto written = write_private(totp_path, view_of(line));
  memory::wipe(line);
  if (!written) return context.explain(written.error(), {}, totp_path);
  return person;
}

Result<void> check_totp_path(Context& context, const std::string& totp_path) {
  if (totp_path.empty()) {
    return context.explain(
        Error{ErrorCode::BadRequest, "find where the second factor's secret goes"}, {},
        std::string(context.pick({"--totp-out で保存先を指定してください。", "Give --totp-out, where to put it."})));
  }
  std::error_code failed;
  const auto found = std::filesystem::symlink_status(totp_path, failed);
  if (!std::filesystem::exists(found)) return success();
  return context.explain(Error{ErrorCode::Conflict, "find a free place for the second factor's secret"}, {},
                         totp_path + ": " +
                             std::string(context.pick(
                                 {"このファイルはすでにあります。別の保存先を指定するか、いらなければ消してください。",
                                  "The file exists. Name another place, or remove it if nobody needs it."})));
}

void forget_totp(const Context& context, const std::string& totp_path, bool may_be_done) {
  if (!may_be_done) {
    ::unlink(totp_path.c_str());
    return;
  }
  context.say_aside(
      {"登録されたかどうかわかりません。operator list で確かめてください。第二要素の秘密は残してあります。",
       "Whether it was done is not known: see operator list. The second factor's secret is kept."});
}

Result<std::string> second_factor(Context& context, const Person& person, const std::string& given_file,
                                  int step_offset) {
  if (!given_file.empty()) {
    TRY(auto text, read_text(given_file, 64));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
  }
  if (person.totp_secret.empty()) return ask(context, {"認証コード(6桁)", "Code (six digits)"}, Echo::Hidden);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(SystemClock().now().time_since_epoch()).count();
  const auto step = seconds / limits::kTotpStepSeconds + step_offset;
  return crypto::totp_code(person.totp_secret, static_cast<std::uint64_t>(step));
}

}  // namespace shosoin::cli
