#include "admin-api/cli/check_command.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "storage/files/dates.h"
#include "storage/files/identifiers.h"

namespace shosoin::cli {
namespace {

namespace json = boost::json;
using namespace files;

struct Answer {
  bool valid = false;
  std::string_view reason;  // slug of the fault or of the warning
  Bilingual text;
  std::size_t position = 0;  // character, 0: the whole
  std::string date;          // canonical, dates only
};
struct Options {
  std::string value;
};
using Check = Answer (*)(std::string_view);

template <class Identifier>
Answer check_identifier(std::string_view value) {
  IdentifierFinding why;
  const auto parsed = Identifier::parse(value, &why);
  if (!parsed)
    return {.reason = fault_slug(why.fault), .text = fault_text(why.fault), .position = why.position, .date = {}};
  return {.valid = true, .reason = {}, .text = {}, .date = {}};
}
Answer check_resident_record_code(std::string_view value) {
  auto answer = check_identifier<ResidentRecordCode>(value);
  if (answer.valid && !ResidentRecordCode::parse(value).value().check_digit_holds()) {
    answer.reason = fault_slug(IdentifierFault::WrongCheckDigit);
    answer.text = fault_text(IdentifierFault::WrongCheckDigit);
    answer.position = ResidentRecordCode::kSize;
  }
  return answer;
}
Answer check_date(std::string_view value) {
  DateFault why{};
  const auto read = read_date(value, &why);
  if (!read) return {.reason = fault_slug(why), .text = fault_text(why), .date = {}};
  const auto warning = read.value().warning;
  return {.valid = true,
          .reason = warning_slug(warning),
          .text = warning_text(warning),
          .date = read.value().date.to_text()};
}

struct Kind {
  std::string_view slug;
  std::string_view help;
  Check check;
};
constexpr Kind kKinds[] = {
    {"individual-number", "個人番号 12桁 / individual number", check_identifier<IndividualNumber>},
    {"resident-record-code", "住民票コード 11桁 / resident record code", check_resident_record_code},
    {"local-government-code", "全国地方公共団体コード 6桁 / local government code",
     check_identifier<LocalGovernmentCode>},
    {"corporate-number", "法人番号 13桁 / corporate number", check_identifier<CorporateNumber>},
    {"residence-card", "在留カード等の番号 / residence card number", check_identifier<ResidenceCardNumber>},
    {"date", "日付（西暦、元号、不明コード）/ date", check_date},
};

json::object as_json(const Kind& kind, const Answer& answer, const CommandIo& io) {
  json::object out{{"kind", kind.slug}, {"valid", answer.valid}};
  if (!answer.date.empty()) out["date"] = answer.date;
  if (answer.reason.empty()) return out;
  out[answer.valid ? "warning" : "reason"] = answer.reason;
  if (answer.position != 0) out["position"] = answer.position;
  out["message"] = io.pick(answer.text.ja, answer.text.en);
  return out;
}

void print(CommandIo& io, const Answer& answer) {
  io.out << (answer.valid ? io.pick("有効", "valid") : io.pick("無効", "not valid"));
  if (!answer.date.empty()) io.out << ' ' << answer.date;
  if (!answer.reason.empty()) io.out << ": " << io.pick(answer.text.ja, answer.text.en);
  if (answer.position != 0) {
    io.out << (io.english() ? " (character " : "（") << answer.position << (io.english() ? ")" : "文字目）");
  }
  io.out << '\n';
}

// line: 0 for a value of the command line.
void check_one(CommandIo& io, const Kind& kind, std::string_view value, std::size_t line) {
  const auto answer = kind.check(value);
  if (!answer.valid) fail_with(io, ErrorCode::InvalidContent);
  if (io.json) {
    auto object = as_json(kind, answer, io);
    if (line != 0) object["line"] = line;
    io.out << json::serialize(object) << '\n';
    return;
  }
  if (line != 0) io.out << line << (io.english() ? ": " : "行目: ");
  print(io, answer);
}

void run(CommandIo& io, const Options& options, const Kind& kind, bool has_value) {
  if (has_value) return check_one(io, kind, options.value, 0);
  const auto read = each_line(io, [&](std::string_view value, std::size_t line) { check_one(io, kind, value, line); });
  if (!read) report(io, read.error());
}

}  // namespace

void add_check_commands(CLI::App& app, CommandIo& io) {
  auto* check = app.add_subcommand("check", "番号と日付の検査 / check numbers and dates")->require_subcommand(1);
  for (const auto& kind : kKinds) {
    auto* command = check->add_subcommand(std::string(kind.slug), std::string(kind.help));
    const auto options = std::make_shared<Options>();  // CLI11 copies the callback
    auto* value = command->add_option("VALUE", options->value,
                                      "省略すると標準入力の各行を検査 / omitted: every line of standard input");
    command->callback([&io, &kind, options, value] { run(io, *options, kind, value->count() != 0); });
  }
}

}  // namespace shosoin::cli
