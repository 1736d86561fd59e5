// The bytes of the row being read, as they came, so that a value which waits for 文字同定 keeps them. A line break is
// the byte 0A in every declared encoding, and neither comma nor quote is ever the second byte of a character. Wiped
// when it goes: it may hold an individual number. One thread.
#pragma once

#include <string>

#include "firmware/base/bytes.h"

namespace shosoin::files {

class SourceRow {
 public:
  SourceRow() = default;
  SourceRow(SourceRow&&) = default;
  SourceRow& operator=(SourceRow&&) = default;
  ~SourceRow();
  void append(ByteView bytes);
  void clear() noexcept { row_.clear(); }
  // The value of this column (from 1) without its quotes; empty where the row has none.
  Bytes column(std::size_t number) const;

 private:
  std::string row_;
};

}  // namespace shosoin::files
