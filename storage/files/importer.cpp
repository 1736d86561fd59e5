#include "storage/files/importer.h"

#include <algorithm>
#include <utility>

#include "firmware/base/limits.h"
#include "firmware/base/limits_files.h"
#include "firmware/memory/secret.h"

namespace shosoin::files {
namespace {

constexpr Literal kDoing = "import a CSV file";
constexpr std::uint8_t kIndividualNumberKind = 0, kResidentRecordCodeKind = 1, kAddresseeNumberKind = 2;
constexpr std::uint8_t kWholeRowKind = 3;

RuleId rule_of(CsvFault fault) {
  switch (fault) {
    case CsvFault::InvalidUtf8:
      return RuleId::InvalidUtf8;
    case CsvFault::InvalidBytes:
      return RuleId::InvalidBytes;
    case CsvFault::ControlCharacter:
      return RuleId::ControlCharacter;
    case CsvFault::UnterminatedQuote:
      return RuleId::UnterminatedQuote;
    case CsvFault::StrayQuote:
      return RuleId::StrayQuote;
    case CsvFault::WrongColumnCount:
      return RuleId::WrongColumnCount;
    case CsvFault::CutOff:
      return RuleId::CutOff;
    case CsvFault::LineTooLong:
      return RuleId::LineTooLong;
    case CsvFault::FieldTooLong:
      return RuleId::FieldTooLong;
    case CsvFault::TooManyRows:
      return RuleId::TooManyRows;
    case CsvFault::NoRows:
      return RuleId::NoRows;
  }
  return RuleId::NoRows;
}

ItemRole role_of(std::uint8_t kind) {
  if (kind == kIndividualNumberKind) return ItemRole::IndividualNumber;
  if (kind == kResidentRecordCodeKind) return ItemRole::ResidentRecordCode;
  return ItemRole::AddresseeNumber;
}
bool waits_for_identification(const Finding& finding) { return rule(finding.rule).action == Action::QuarantineRow; }

}  // namespace

Importer::Importer(Definition definition, std::size_t group, LocalGovernmentCode tenant, ImportProfile profile)
    : definition_(std::make_unique<const Definition>(std::move(definition))),
      group_(group),
      checker_(definition_->items_of(group), tenant, profile),
      logic_(*definition_, group),
      encoding_(profile.encoding),
      decoder_(profile.encoding) {}
Importer::~Importer() { memory::wipe(decoded_); }

Result<Importer> Importer::create(Definition definition, LocalGovernmentCode tenant, ImportProfile profile) {
  if (!definition.is_flat()) {
    return Error{ErrorCode::InvalidContent, "import into a file of several tables, rows or numbers per person"};
  }
  const std::string only = definition.groups().front().key;
  return create_for_group(std::move(definition), only, tenant, profile);
}

Result<Importer> Importer::create_for_group(Definition definition, std::string_view group, LocalGovernmentCode tenant,
                                            ImportProfile profile) {
  constexpr ItemRole kSearchable[] = {ItemRole::ResidentRecordCode, ItemRole::IndividualNumber,
                                      ItemRole::AddresseeNumber, ItemRole::KanaName};
  const auto has = [&](ItemRole role) { return definition.index_of(role).has_value(); };
  if (std::none_of(std::begin(kSearchable), std::end(kSearchable), has)) {
    return Error{ErrorCode::InvalidContent, "import into a file without a search key"};
  }
  const auto index = definition.group_index(group);
  if (!index) return Error{ErrorCode::NotFound, "find a table of the record file"};
  return Importer(std::move(definition), *index, tenant, profile);
}

bool Importer::is_one_row_per_person() const { return definition_->groups()[group_].rows == GroupRows::One; }

void Importer::tell(Finding finding) {
  ++report_.counts[static_cast<std::size_t>(finding.rule)];
  const auto action = rule(finding.rule).action;
  if (action == Action::RefuseFile) file_refused_ = true;
  if (action == Action::Convert && note_conversion_) note_conversion_(finding);
  const bool problem = action == Action::RefuseFile || action == Action::RefuseRow || action == Action::QuarantineRow;
  auto& list = problem ? report_.problems : report_.notes;
  // The reason why a file is refused must be told even where the list is full.
  if (list.size() < limits::kMaxImportFindings) {
    list.push_back(std::move(finding));
  } else if (action == Action::RefuseFile) {
    list.back() = std::move(finding);
  }
}

Result<void> Importer::take_header(const CsvRow& row) {
  auto answer = check_header(*definition_, group_, row.fields);
  if (!answer.shape) {
    tell(std::move(*answer.finding));
    return Error{ErrorCode::InvalidContent, kDoing};
  }
  shape_ = answer.shape;
  report_.addressee_column = shape_->addressee_column;
  return success();
}

void Importer::note_numbers(std::uint64_t row) {
  if (record_.individual_number) {
    duplicates_.add({.kind = kIndividualNumberKind, .digits = record_.individual_number->reveal(), .row = row});
  }
  const auto code = definition_->index_of(ItemRole::ResidentRecordCode, group_);
  if (code && !record_.values[*code].empty()) {
    duplicates_.add({.kind = kResidentRecordCodeKind, .digits = record_.values[*code], .row = row});
  }
  const auto addressee = definition_->index_of(ItemRole::AddresseeNumber, group_);
  const auto* number = record_.addressee_number ? &*record_.addressee_number : nullptr;
  if (addressee && !record_.values[*addressee].empty()) number = &record_.values[*addressee];
  if (number != nullptr)
    duplicates_.add({.kind = kAddresseeNumberKind, .digits = addressee_number_key(*number), .row = row});
}

// Histories repeat their person's numbers, but no row says the same as an earlier one.
void Importer::note_repetition(std::span<const std::string_view> fields, std::uint64_t row) {
  std::string whole;
  for (const auto field : fields) whole.append(field).push_back('\n');  // which no value holds
  duplicates_.add({.kind = kWholeRowKind, .digits = whole, .row = row});
  memory::wipe(whole);
}

// Only of rows whose values stand: a check would repeat what the value's own finding says. Whether the row changes a
// known subject's.
Result<bool> Importer::check_logic(std::uint64_t row, bool& refused) {
  if (!logic_.has_checks() || refused) return false;
  const RowLogic::Place place{.row = row, .columns_before = shape_->addressee_column ? 1u : 0u};
  auto change = logic_.check(place, record_, lookup_, [&](Finding finding) {
    refused = true;
    tell(std::move(finding));
  });
  if (!change) outside_ = change.error();
  return change;
}

Result<void> Importer::take_row(const CsvRow& row, const RecordSink& sink) {
  if (!shape_) return take_header(row);
  ++report_.rows;
  bool refused = false;
  doubtful_.clear();
  const std::size_t offset = shape_->addressee_column ? 1 : 0;
  checker_.check(row.number, row.fields, *shape_, record_, [&](Finding finding) {
    const auto action = rule(finding.rule).action;
    refused = refused || action == Action::RefuseRow || action == Action::RefuseFile;
    if (waits_for_identification(finding)) {
      doubtful_.push_back({.item = finding.column - 1 - offset, .source = source_.column(finding.column)});
    }
    tell(std::move(finding));
  });
  bool change = false;
  if (!file_refused_) {
    TRY(change, check_logic(row.number, refused));
  }
  const bool quarantined = !doubtful_.empty();
  ++(refused ? report_.refused : quarantined ? report_.quarantined : report_.accepted);
  if (file_refused_) return Error{ErrorCode::InvalidContent, kDoing};
  if (refused) return success();
  if (is_one_row_per_person()) {
    note_numbers(row.number);
  } else {
    note_repetition(row.fields, row.number);
  }
  if (report_.refused != 0) return success();
  const auto state = quarantined ? RowState::Quarantined : RowState::Accepted;
  auto taken =
      sink({.number = row.number, .state = state, .record = record_, .doubtful = doubtful_, .changes_subject = change});
  if (!taken) outside_ = taken.error();
  return taken;
}

Result<void> Importer::csv_done(Result<void> result) {
  report_.had_bom = csv_.had_bom();
  report_.had_crlf = csv_.had_crlf();
  report_.had_lf = csv_.had_lf();
  if (result || outside_) return result;
  if (csv_.error() && !file_refused_) {
    const auto& error = *csv_.error();
    std::string item;
    const std::size_t offset = report_.addressee_column ? 1 : 0;
    const auto items = definition_->items_of(group_);
    if (shape_ && error.column > offset && error.column - offset <= items.size()) {
      item = items[error.column - offset - 1].name;
    }
    tell({.rule = rule_of(error.fault), .row = error.row, .column = error.column, .item = std::move(item)});
  }
  return result;
}

Result<void> Importer::feed(ByteView chunk, const RecordSink& sink) {
  if (outside_) return *outside_;
  if (file_refused_ || finished_) return Error{ErrorCode::InvalidContent, kDoing};
  return csv_done(take_bytes(chunk, sink));
}

// Line by line, so that the bytes of the row are at hand when its values are checked.
Result<void> Importer::take_bytes(ByteView bytes, const RecordSink& sink) {
  const CsvSink rows = [&](const CsvRow& row) { return take_row(row, sink); };
  while (!bytes.empty()) {
    const auto ahead = text_of(bytes).substr(0, limits::kDecodePiece);
    const auto line = ahead.find('\n');
    const auto piece = bytes.first(line == ahead.npos ? ahead.size() : line + 1);
    source_.append(piece);
    TRY(take_piece(piece, rows));
    if (piece.back() == '\n') source_.clear();
    bytes = bytes.subspan(piece.size());
  }
  return success();
}

Result<void> Importer::take_piece(ByteView piece, const CsvSink& rows) {
  if (encoding_ == Encoding::Utf8) return csv_.feed(piece, rows);
  decoded_.clear();
  const bool valid = decoder_.decode(piece, decoded_);
  TRY(csv_.feed(view_of(decoded_), rows));
  if (!valid) return csv_.refuse_here(CsvFault::InvalidBytes);
  return success();
}

void Importer::tell_duplicates() {
  std::uint64_t last_row = 0;  // one row can repeat two numbers, but is refused once
  for (const auto& duplicate : duplicates_.find()) {
    Finding finding{
        .rule = RuleId::DuplicateNumber, .row = duplicate.row, .column = 1, .item = std::string(kAddresseeColumn)};
    if (duplicate.kind == kWholeRowKind) {
      finding = {.rule = RuleId::DuplicateRow, .row = duplicate.row, .column = 0, .item = ""};
    } else if (const auto index = definition_->index_of(role_of(duplicate.kind), group_)) {
      finding.column = static_cast<std::uint32_t>(*index + (report_.addressee_column ? 1 : 0) + 1);
      finding.item = definition_->items_of(group_)[*index].name;
    }
    tell(std::move(finding));
    if (std::exchange(last_row, duplicate.row) == duplicate.row) continue;
    ++report_.refused;
    --(report_.accepted != 0 ? report_.accepted : report_.quarantined);
  }
}

Result<ImportReport> Importer::finish(const RecordSink& sink) {
  if (outside_) return *outside_;
  if (finished_) return Error{ErrorCode::Conflict, "finish an import twice"};
  finished_ = true;
  if (!file_refused_) {
    const auto done = csv_done(decoder_.complete() ? csv_.finish([&](const CsvRow& row) { return take_row(row, sink); })
                                                   : Result<void>(csv_.refuse_here(CsvFault::CutOff)));
    if (outside_) return *outside_;
    if (done && report_.rows == 0) tell({.rule = RuleId::NoRows, .row = 0, .column = 0, .item = ""});
  }
  if (!file_refused_) tell_duplicates();
  const bool refused = file_refused_ || report_.refused != 0;
  report_.verdict = refused ? Verdict::Refused : report_.quarantined != 0 ? Verdict::Quarantined : Verdict::Accepted;
  return report_;
}

}  // namespace shosoin::files
