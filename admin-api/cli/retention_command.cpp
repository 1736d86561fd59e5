#include "admin-api/cli/retention_command.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <sstream>

#include "storage/retention/proposals.h"
#include "storage/retention/retention.h"

namespace shosoin::cli {
namespace {

namespace json = boost::json;
using namespace retention;

struct Options {
  std::string rule, period, event, settlement = "actual-date";
};
struct Words {
  std::string rule, period, event, settlement;
};

Result<RetentionQuestion> read_question(const Words& words) {
  TRY(auto rule, parse_counting_rule(words.rule));
  TRY(auto period, Period::parse(words.period));
  TRY(auto event, EventDate::parse(words.event));
  TRY(auto settlement, parse_settlement(words.settlement));
  return RetentionQuestion{.rule = rule, .period = period, .event = event, .settlement = settlement};
}

json::value date_or_null(const std::optional<std::chrono::year_month_day>& day) {
  return day ? json::value(to_text(*day)) : json::value(nullptr);
}

json::object as_json(const RetentionQuestion& question, const RetentionAnswer& answer, const CommandIo& io) {
  json::object out{{"rule", std::string(to_text(question.rule))},
                   {"period", question.period.to_text()},
                   {"event", question.event.to_text()},
                   {"settlement", std::string(to_text(question.settlement))},
                   {"eventUsed", date_or_null(answer.event_used)},
                   {"expires", answer.span.has_value()}};
  const auto& span = answer.span;
  out["start"] = span ? json::value(to_text(span->start)) : json::value(nullptr);
  out["end"] = span ? json::value(to_text(span->end)) : json::value(nullptr);
  out["purgeFrom"] = span ? json::value(to_text(span->purge_from)) : json::value(nullptr);
  if (span) {
    out["purgeFromInstant"] = to_text(span->purge_from) + "T00:00:00+09:00";
    out["endFiscalYear"] = fiscal_year(span->end);
  }
  json::array reasoning;
  for (const auto& step : answer.reasoning) reasoning.emplace_back(io.english() ? step.en : step.ja);
  out["reasoning"] = std::move(reasoning);
  return out;
}

void print(CommandIo& io, const RetentionAnswer& answer) {
  if (answer.span) {
    io.out << io.pick("起算日: ", "start: ") << to_text(answer.span->start) << '\n'
           << io.pick("満了日: ", "end: ") << to_text(answer.span->end) << '\n'
           << io.pick("廃棄可能日: ", "purge from: ") << to_text(answer.span->purge_from) << '\n';
  } else {
    io.out << io.pick("満了日: なし\n", "end: none\n");
  }
  for (const auto& step : answer.reasoning) io.out << "  " << (io.english() ? step.en : step.ja) << '\n';
}

// line: 0 for the question of the options.
void answer_one(CommandIo& io, const Words& words, std::size_t line) {
  const auto question = read_question(words);
  const auto answer = question ? explain_retention(question.value()) : Result<RetentionAnswer>(question.error());
  if (!answer) return report(io, answer.error(), line);
  if (!io.json) return print(io, answer.value());
  auto object = as_json(question.value(), answer.value(), io);
  if (line != 0) object["line"] = line;
  io.out << json::serialize(object) << '\n';
}

void explain(CommandIo& io, const Options& options) {
  const int given = !options.rule.empty() + !options.period.empty() + !options.event.empty();
  if (given == 3) {
    return answer_one(io, {options.rule, options.period, options.event, options.settlement}, 0);
  }
  if (given != 0) {
    return report(io, Error{ErrorCode::BadRequest, "explain a period: --rule, --period and --event go together"});
  }
  const auto read = each_line(io, [&](std::string_view text, std::size_t number) {
    std::istringstream in{std::string(text)};
    Words words{.rule = {}, .period = {}, .event = {}, .settlement = options.settlement};
    std::string more;
    in >> words.rule >> words.period >> words.event;
    if (in >> more) {
      const Error error{ErrorCode::InvalidContent, "read a line: RULE PERIOD EVENT and nothing behind them"};
      return report(io, error, number);
    }
    answer_one(io, words, number);
  });
  if (!read) report(io, read.error());
}

json::object as_json(const Proposal& proposal) {
  json::object out{{"id", proposal.id},
                   {"subject", to_text(proposal.subject)},
                   {"what", json::object{{"ja", proposal.what_ja}, {"en", proposal.what_en}}},
                   {"event", json::object{{"ja", proposal.event_ja}, {"en", proposal.event_en}}},
                   {"citation", proposal.citation},
                   {"reliability", to_text(proposal.reliability)}};
  out["recordFile"] = proposal.record_file.empty() ? json::value(nullptr) : json::value(proposal.record_file);
  out["rule"] = proposal.rule ? json::value(to_text(*proposal.rule)) : json::value(nullptr);
  out["period"] = proposal.rule ? json::value(proposal.period) : json::value(nullptr);
  return out;
}

std::string_view how_far_read(const CommandIo& io, Reliability reliability) {
  switch (reliability) {
    case Reliability::Read:
      return io.pick("条文を確認済み", "the text was read");
    case Reliability::Corroborated:
      return io.pick("複数の資料が一致", "several sources agree");
    case Reliability::Recalled:
      return io.pick("未確認: 採択の前に根拠を確かめてください", "not confirmed: check the source before adopting");
  }
  return "";
}

void propose(CommandIo& io) {
  for (const auto& proposal : proposals()) {
    if (io.json) {
      io.out << json::serialize(as_json(proposal)) << '\n';
      continue;
    }
    const bool english = io.english();
    io.out << proposal.id << ": " << (english ? proposal.what_en : proposal.what_ja) << '\n'
           << "  " << (proposal.rule ? to_text(*proposal.rule) : io.pick("年数の定めなし", "no period known")) << ' '
           << proposal.period << ", " << (english ? proposal.event_en : proposal.event_ja) << '\n'
           << "  " << proposal.citation << " [" << how_far_read(io, proposal.reliability) << "]\n";
  }
  if (io.json) return;
  io.out << io.pick("これは案です。管理者が採択するまで、何も満了しません。\n",
                    "These are proposals: nothing expires until a manager adopts a rule.\n");
}

}  // namespace

void add_retention_commands(CLI::App& app, CommandIo& io) {
  auto* retention = app.add_subcommand("retention", "保存期間 / retention periods")->require_subcommand(1);
  auto* command = retention->add_subcommand("explain", "起算日、満了日、廃棄可能日と根拠 / how a period is counted");
  const auto options = std::make_shared<Options>();  // CLI11 copies the callback
  command->add_option("--rule", options->rule, "EXCL | INCL | NEXT_FY | NEXT_CY");
  command->add_option("--period", options->period, "5y | 6m | 30d");
  command->add_option("--event", options->event, "YYYY-MM-DD (不明: 0000, 00, A1..A4)");
  command
      ->add_option("--settlement", options->settlement,
                   "出納整理期間(4～5月)の扱い / how April and May count for NEXT_FY: actual-date | account-year")
      ->capture_default_str();
  command->footer(
      "指定がなければ標準入力の各行「RULE PERIOD EVENT」に答えます。/ Without options: one RULE PERIOD EVENT per line "
      "of "
      "standard input.");
  command->callback([&io, options] { explain(io, *options); });
  retention
      ->add_subcommand("proposals",
                       "法令と実務から見た保存期間の案と、その出典 / periods by law and practice, with sources")
      ->callback([&io] { propose(io); });
}

}  // namespace shosoin::cli
