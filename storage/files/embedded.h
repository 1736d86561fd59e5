// The texts that are part of the program: written into embedded.cpp at build time from definitions/*.json,
// characters/moji_joho.txt and places/places.txt. Values; any thread.
#pragma once

#include <span>
#include <string_view>

namespace shosoin::files::embedded {

std::span<const std::string_view> definitions();  // one JSON text per file, ordered by file name
std::string_view moji_joho();
std::string_view places();

}  // namespace shosoin::files::embedded
