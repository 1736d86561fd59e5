// A CSV file of one table of a record file, streamed: bytes in, checked records out, and a report at the end. One
// refused row refuses the whole file: the caller stages what it is given and throws it away unless the verdict allows
// it. One thread.
//   feed() until the file ends or it fails, then finish() once; report() at any time.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "storage/files/csv.h"
#include "storage/files/duplicates.h"
#include "storage/files/row_check.h"
#include "storage/files/row_logic.h"
#include "storage/files/source_row.h"

namespace shosoin::files {

enum class Verdict : std::uint8_t {
  Accepted,     // every row may be confirmed
  Quarantined,  // nothing refused, but some rows wait for 文字同定
  Refused,      // store nothing
};
struct ImportReport {
  Verdict verdict = Verdict::Refused;
  std::uint64_t rows = 0, accepted = 0, quarantined = 0, refused = 0;  // rows of data, the header not counted
  std::vector<Finding> problems;                   // refusals and quarantines, at most limits::kMaxImportFindings
  std::vector<Finding> notes;                      // conversions and flags, at most as many
  std::array<std::uint64_t, kRuleCount> counts{};  // of every rule, also of those not listed
  bool had_bom = false, had_crlf = false, had_lf = false, addressee_column = false;
};

enum class RowState : std::uint8_t { Accepted, Quarantined };
// A value that waits for 文字同定, with its bytes as they stood in the file. Never an individual number: that is
// refused.
struct DoubtfulValue {
  std::size_t item = 0;  // of the table
  Bytes source;
};
struct ImportedRow {
  std::uint64_t number = 0;  // in the file, from 1, header counted
  RowState state = RowState::Accepted;
  const RecordInput& record;                  // valid until the sink returns
  std::span<const DoubtfulValue> doubtful{};  // the same; empty for an accepted row
  bool changes_subject = false;               // a logic check let it pass as a change of a known subject's row
};
using RecordSink = std::function<Result<void>(const ImportedRow&)>;

class Importer {
 public:
  Importer(Importer&&) = default;
  Importer& operator=(Importer&&) = delete;
  ~Importer();
  // A file of one table with one row per person. InvalidContent for any other (its rows need their table named, and a
  // store that keeps several rows and numbers of one record) and for one without a search key.
  static Result<Importer> create(Definition definition, LocalGovernmentCode tenant, ImportProfile profile);
  // One table of any file. NotFound when the definition has no such group.
  static Result<Importer> create_for_group(Definition definition, std::string_view group, LocalGovernmentCode tenant,
                                           ImportProfile profile);
  // Before the first feed(): every conversion of a value, also those the report has no room for (変換記録).
  void note_conversions(std::function<void(const Finding&)> note) { note_conversion_ = std::move(note); }
  // Before the first feed(): where the logic checks of the definition find the subject's confirmed row. Without it they
  // take everybody for unknown.
  void look_up_subjects(SubjectLookup lookup) { lookup_ = std::move(lookup); }
  // Fails once the file as a whole is refused (see report()), or with the sink's own error. After the first refused row
  // the sink is not called any more, but reading goes on, so that the report names every problem.
  Result<void> feed(ByteView chunk, const RecordSink& sink);
  // Success also for a refused file: the verdict says so. Fails only with the sink's error, or when called twice.
  Result<ImportReport> finish(const RecordSink& sink);
  const ImportReport& report() const noexcept { return report_; }

 private:
  Importer(Definition definition, std::size_t group, LocalGovernmentCode tenant, ImportProfile profile);
  Result<void> take_bytes(ByteView bytes, const RecordSink& sink);
  Result<void> take_piece(ByteView piece, const CsvSink& rows);
  void note_repetition(std::span<const std::string_view> fields, std::uint64_t row);
  bool is_one_row_per_person() const;
  Result<void> take_row(const CsvRow& row, const RecordSink& sink);
  Result<bool> check_logic(std::uint64_t row, bool& refused);
  Result<void> take_header(const CsvRow& row);
  Result<void> csv_done(Result<void> result);
  void note_numbers(std::uint64_t row);
  void tell(Finding finding);
  void tell_duplicates();

  std::function<void(const Finding&)> note_conversion_;
  std::unique_ptr<const Definition> definition_;  // the checker refers to it
  std::size_t group_;
  RowChecker checker_;
  RowLogic logic_;
  SubjectLookup lookup_;
  Encoding encoding_;
  Decoder decoder_;
  CsvReader csv_;
  SourceRow source_;
  std::string decoded_;  // wiped: it may hold an individual number
  DuplicateFinder duplicates_;
  std::optional<HeaderShape> shape_;
  RecordInput record_;
  std::vector<DoubtfulValue> doubtful_;
  ImportReport report_;
  bool file_refused_ = false, finished_ = false;
  std::optional<Error> outside_;  // the sink's error, which ends everything
};

}  // namespace shosoin::files
