// Passwords: Argon2id (RFC 9106) with 64 MiB and 2 passes, stored as libsodium's encoded string; strength by zxcvbn and the rules of
// password_holds() takes as long for an unknown person as for a known one when given unknown_person_hash(). Any thread; callers bound
// how many run at once (limits::kParallelPasswordHashes).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/base/result.h"

namespace shosoin::crypto {

// InvalidContent when too short, too long, one character class only, a default or guessable (zxcvbn guesses < 10^10, with the
// person's id and names as user words).
Result<void> check_password_strength(std::string_view password, const std::vector<std::string>& user_words);
Result<std::string> hash_password(std::string_view password);
// OutOfMemory where there is no room for the run: that is no wrong password. A broken or foreign hash holds for nothing.
Result<bool> password_holds(const std::string& encoded, std::string_view password);
const std::string& unknown_person_hash();  // a hash nobody knows the password of, same cost

}  // namespace shosoin::crypto
