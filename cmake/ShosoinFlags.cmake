# Compiler, hardening and sanitizer settings of the whole house, in one place.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(SHOSOIN_TESTS "Build the test suite" ON)
option(SHOSOIN_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(SHOSOIN_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")

find_program(SHOSOIN_CCACHE ccache)
if(SHOSOIN_CCACHE)
  # With precompiled headers ccache looks at their contents only when it is told that their macros and times do not matter.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_SLOPPINESS=pch_defines,time_macros" "${SHOSOIN_CCACHE}")
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED _GNU_SOURCE)
add_link_options(-Wl,--as-needed)

if(SHOSOIN_SANITIZE)
  add_compile_options(-fsanitize=${SHOSOIN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SHOSOIN_SANITIZE})
  # g++ 12 warns of uninitialised members of an empty std::optional once a sanitizer or -O1 is there; as the product is built the
  # warning stays an error.
  add_compile_options($<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 could not assemble its function signatures in front of coroutines ("a difference across sections").
    add_compile_options(-fno-sanitize=function)
  endif()
else()
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
  add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
  # CET marks vanish as soon as one input lacks them, unless they are forced (STYLE.md, measured).
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_link_options(-Wl,-z,ibt,-z,shstk)
  endif()
endif()
