// What stands in each item of a record file about a synthetic person, by the item's role, check or key. Days and months
// come in ISO form and kana in full width: synthetic_text.h turns them into what the file writes. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "storage/files/definition.h"
#include "storage/files/synthetic_person.h"

namespace shosoin::files::synthetic {

// One row about `self`, the row-th (from 0) of `rows` in its table.
struct Scene {
  std::string_view tenant;
  const Household& home;
  const Person& self;
  std::size_t row = 0, rows = 1;
  Dice dice;
};
using Fill = std::string (*)(Scene& scene);

// Null where nothing is known.
Fill fill_of_role(ItemRole role);
Fill fill_of_check(ItemCheck check);
// By the whole key, or by the key without the word that its table puts in front.
Fill fill_of_key(std::string_view key);

}  // namespace shosoin::files::synthetic
