// The consistency report between numbers, addressees and files (seed 002; D-15): in pages of bounded work, over
// what is confirmed in the files the caller may use. It names records and addressees, never a 個人番号 or what stands
// for one; and a cursor is a place in the walk, not a key of anything.
#include <algorithm>
#include <charconv>

#include "admin-api/service/handlers.h"
#include "admin-api/service/log_fields.h"
#include "admin-api/service/records/imports.h"
#include "admin-api/service/records/linking_check.h"
#include "firmware/base/limits_linking.h"

namespace shosoin::service {
namespace {

namespace json = boost::json;
using protocol::FieldId;

constexpr unsigned kBytes = 256;
// The parts of the walk, by the first characters of the keys; each is cut so that a part of a tenant with a million
// people is looked through in about a second.
struct Walk {
  LinkingCheck::Part part;
  unsigned buckets;
};
constexpr std::array<Walk, 4> kWalks{{{LinkingCheck::Part::Persons, 1000},
                                      {LinkingCheck::Part::Records, kBytes},
                                      {LinkingCheck::Part::Numbers, kBytes},
                                      {LinkingCheck::Part::Histories, 10}}};

struct Place {
  unsigned walk = 0, bucket = 0;
};

std::string text_of_place(const Place& place) {
  return std::to_string(place.walk) + "-" + std::to_string(place.bucket);
}

Result<Place> place_in(Context& context) {
  const auto text = context.text(FieldId::ReportCursor);
  if (text.empty()) return Place{};
  Place place;
  const char* end = text.data() + text.size();
  const auto walk = std::from_chars(text.data(), end, place.walk);
  const bool dash = walk.ec == std::errc{} && walk.ptr != end && *walk.ptr == '-';
  const auto bucket = dash ? std::from_chars(walk.ptr + 1, end, place.bucket) : walk;
  const bool whole = dash && bucket.ec == std::errc{} && bucket.ptr == end && text_of_place(place) == text;
  if (!whole || place.walk >= kWalks.size() || place.bucket >= kWalks[place.walk].buckets) {
    context.told["detail"] =
        json::object{{"ja", "続きの位置を読めません。前の頁の cursor をそのまま送ってください。"},
                     {"en", "The place to go on is not readable; send the cursor of the last page as it was."}};
    return context.refuse(ErrorCode::InvalidContent, "go on with a report", "/cursor");
  }
  return place;
}

bool advance(Place& place) {
  if (++place.bucket < kWalks[place.walk].buckets) return true;
  place.bucket = 0;
  return ++place.walk < kWalks.size();
}

json::object told(const LinkFault& fault) {
  const auto& row = link_fault_row(fault.kind);
  json::object out{{"kind", row.slug}, {"ja", row.text.ja}, {"en", row.text.en}};
  if (!fault.file.empty()) out["recordFile"] = fault.file;
  if (!fault.integrated.empty())
    out["integratedAddresseeNumbers"] = json::array(fault.integrated.begin(), fault.integrated.end());
  if (!fault.addressees.empty())
    out["addresseeNumbers"] = json::array(fault.addressees.begin(), fault.addressees.end());
  json::array records;
  for (const auto& id : fault.records) records.emplace_back(id.hex());
  out["recordIds"] = std::move(records);
  return out;
}

// Whose data the page told (L-06).
json::array logged(const std::vector<LinkFault>& faults) {
  json::array out;
  for (const auto& fault : faults) {
    auto one = told(fault);
    one.erase("ja");
    one.erase("en");
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Answer linking_report(Parts& parts, Context& context) {
  TRY(auto* store, own_tenant(parts, context));
  TRY(need(context, Permission::ConfirmImport));  // it names people: no auditor's
  TRY(auto place, place_in(context));
  LinkingCheck check(*store, parts.definitions.now(), context.by().grant.files);
  TRY(check.prepare());
  bool more = true;
  while (more && check.looked_at() < limits::kReportWork && check.faults().size() < limits::kReportFindings) {
    TRY(check.look(kWalks[place.walk].part, place.bucket));
    more = advance(place);
  }
  json::array findings;
  for (const auto& fault : check.faults()) findings.push_back(told(fault));
  json::array files;
  for (const auto& file : context.by().grant.files) files.emplace_back(file);
  json::object answer{{"findings", std::move(findings)},
                      {"omitted", check.omitted()},
                      {"examined", check.looked_at()},
                      {"recordFiles", files}};
  if (more) answer["cursor"] = text_of_place(place);
  auto line = log_object(context, "linking-report", "ok");
  line["recordFiles"] = std::move(files);
  line["examined"] = check.looked_at();
  line["omitted"] = check.omitted();
  line["complete"] = !more;
  line["findings"] = logged(check.faults());
  TRY(write_line(context, *store, log_entry(line)));
  context.logged = true;
  return answer;
}

}  // namespace shosoin::service
