// UTF-8 into a declared encoding: the inverse of Decoder, for files that we write ourselves. Where an encoding has two
// codes for one character (NEC's and IBM's of CP932), the one Windows writes is taken. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "storage/files/encoding.h"

namespace shosoin::files {

bool can_encode(Encoding encoding, char32_t c);
// Appends; false, and nothing is appended, when a character of the text has no place in the encoding.
bool encode_text(Encoding encoding, std::string_view valid_utf8, std::string& out);

}  // namespace shosoin::files
