// How a search key is named on the command line, and its value read: only from a file or standard input, never from an
// argument. One thread.
#pragma once

#include <string>

#include "firmware/base/result.h"

namespace shosoin::cli {

struct SearchWord {
  const char *option, *kind;  // on the command line, in the interface
};
inline constexpr SearchWord kSearchWords[] = {
    {"resident-record-code", "residentRecordCode"},
    {"addressee-number", "addresseeNumber"},
    {"individual-number", "individualNumber"},
    {"kana", "kanaNameAndBirthDate"},
    {"integrated-addressee-number", "integratedAddresseeNumber"},
    {"group", "group"},
};
// The first line of a file, - for standard input; the caller wipes it.
Result<std::string> line_of(const std::string& path);

}  // namespace shosoin::cli
