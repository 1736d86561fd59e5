// Bounds of the record files beyond limits.h: tables with several rows per person, held numbers, amendments.
#pragma once

#include <cstddef>

namespace shosoin::limits {

inline constexpr std::size_t kMaxDefinitionGroups = 32;    // tables of one file; the longest seed has 6
inline constexpr std::size_t kMaxRetentionEvents = 16;     // items of one file from which a period could start
inline constexpr std::size_t kMaxGroupRows = 4096;         // rows of one person in one table; kMaxRecordPlain bites first as a rule
inline constexpr std::size_t kMaxHeldNumbers = 1024;       // 個人番号 kept with one record: fewer than its rows as a rule
inline constexpr std::size_t kMaxAmendmentChanges = 2048;  // told of one comparison: every item of both versions and some
inline constexpr std::size_t kDecodePiece = 16u << 10;     // bytes of another encoding turned into UTF-8 at a time
inline constexpr std::size_t kMaxSourceRow = 4u << 20;     // a row of kMaxImportLine in UTF-8 takes less in any encoding, and a piece more

}  // namespace shosoin::limits
