// Bounds of imports beyond one flat file, and of what is asked of its tables.
#pragma once

#include <chrono>
#include <cstddef>

#include "firmware/base/limits.h"

namespace shosoin::limits {

inline constexpr std::size_t kMaxRowData = kMaxRecordPlain - 4;  // a row carries its length in front (crypto/row.md)
inline constexpr std::size_t kMaxIdentifiedPoints = 4;      // in the place of one doubtful code point: a base, its selector, marks
inline constexpr std::size_t kRowsTold = 50;                // records in one answer; the rest follows by a cursor
inline constexpr std::size_t kRecordsAnswer = 6u << 20;     // then the answer ends early: one more record stays under kMaxReplyFrame
inline constexpr std::size_t kMaxQuarantineTold = 500;      // rows of one import in one answer, those that wait first
inline constexpr std::size_t kMaxRowConversions = 2000;     // of the 変換記録 of one row: far more than a table has columns
inline constexpr std::size_t kConversionsTold = 2000;       // of the 変換記録 of an import in one answer, the last row whole
inline constexpr std::size_t kUploadPart = 4u << 20;        // of a CSV, in one request of the command line; far under kMaxHttpBody
inline constexpr int kUploadTries = 5;                      // of one part, before the command gives up and names its key
inline constexpr std::chrono::seconds kUploadWait{1};       // between two of them

}  // namespace shosoin::limits
