// Answers "RULE PERIOD EVENT SETTLEMENT" lines with "START END PURGE_FROM", "never" or "refused", for
// second_opinion.py.
#include <iostream>
#include <sstream>

#include "storage/retention/retention.h"

namespace {

using namespace shosoin;
using namespace shosoin::retention;

Result<std::string> answer(std::istringstream words) {
  std::string rule_text, period_text, event_text, settlement_text;
  words >> rule_text >> period_text >> event_text >> settlement_text;
  TRY(auto rule, parse_counting_rule(rule_text));
  TRY(auto period, Period::parse(period_text));
  TRY(auto event, EventDate::parse(event_text));
  TRY(auto settlement, parse_settlement(settlement_text));
  TRY(auto span, compute_retention({.rule = rule, .period = period, .event = event, .settlement = settlement}));
  if (!span) return std::string("never");
  return to_text(span->start) + ' ' + to_text(span->end) + ' ' + to_text(span->purge_from);
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto text = answer(std::istringstream(line));
    std::cout << (text ? text.value() : "refused") << '\n';
  }
}
