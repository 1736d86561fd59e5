// Result<T>: a value or an Error. Ignoring one does not compile, reading a failed one aborts. The only file that names Outcome.
// Two macros of the house: TRY(expression) / TRY(auto name, expression), and ENSURE(condition), always on. TRY expands to
// statements: an if or for around it needs braces.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>
#include <boost/outcome/try.hpp>

#include "firmware/base/error.h"

namespace shosoin {

template <class T>
using Result = boost::outcome_v2::basic_result<T, Error, boost::outcome_v2::policy::terminate>;

inline auto success() { return boost::outcome_v2::success(); }

[[noreturn]] void ensure_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace shosoin

#define TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
#define ENSURE(condition) ((condition) ? void(0) : ::shosoin::ensure_failed(#condition, __FILE__, __LINE__))
