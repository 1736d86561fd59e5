// Random puts, deletes, merges and reopenings against a std::map: get, scan and prefix always say what the model says.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/storage/generations/support.h"

namespace shosoin::generations {
namespace {

using Model = std::map<EntryKey, Bytes>;

EntryKey any_key() {
  const auto table = *rc::gen::element(TableId::Facts, TableId::Due, TableId::Holds);
  return {table, text_bytes(*rc::gen::element<std::string>("", "a", "aa", "ab", "b", "ba", "c", "z") +
                            std::to_string(*rc::gen::inRange(0, 8)))};
}
std::vector<Entry> any_change(Model& model) {
  std::map<EntryKey, std::optional<Bytes>> made;
  for (int left = *rc::gen::inRange(1, 6); left > 0; --left) {
    auto key = any_key();
    if (*rc::gen::inRange(0, 3) == 0) {
      model.erase(key);
      made[std::move(key)] = std::nullopt;
    } else {
      const Bytes value(*rc::gen::element<std::size_t>(0, 3, 700, 5000), *rc::gen::arbitrary<std::uint8_t>());
      model[key] = value;
      made[std::move(key)] = value;
    }
  }
  std::vector<Entry> entries;
  for (auto& [key, value] : made) entries.push_back({key, std::move(value)});
  return entries;
}

void expect_model(const House& house, const Model& model) {
  RC_ASSERT(house.everything() == model);
  for (int i = 0; i < 5; ++i) {
    const auto key = any_key();
    const auto at = model.find(key);
    RC_ASSERT(house.store->get(key).value() == (at == model.end() ? std::nullopt : std::optional(at->second)));
    const auto prefix = ByteView(key.bytes).first(key.bytes.size() - 1);
    std::vector<EntryKey> found, expected;
    RC_ASSERT(house.store->scan(key.table, prefix, [&](const Entry& entry) { return found.push_back(entry.key), true; })
                  .has_value());
    for (const auto& [known, value] : model) {
      if (known.table == key.table && text_of(known.bytes).starts_with(text_of(prefix))) expected.push_back(known);
    }
    RC_ASSERT(found == expected);
    RC_ASSERT(house.store->any(key.table, prefix).value() == !expected.empty());
  }
}

RC_GTEST_PROP(TenantStoreProperty, AlwaysEqualsTheModel, ()) {
  House house;
  Model model;
  std::vector<Entry> first;
  for (auto& entry : any_change(model)) {
    if (entry.value) first.push_back(std::move(entry));
  }
  house.create(std::move(first));
  std::uint64_t changes = 0;
  for (int left = *rc::gen::inRange(1, 12); left > 0; --left) {
    switch (*rc::gen::inRange(0, 6)) {
      case 0: {
        RebuildPlan plan;
        plan.fresh_key = *rc::gen::arbitrary<bool>();
        const bool meanwhile = *rc::gen::arbitrary<bool>();
        if (*rc::gen::arbitrary<bool>()) plan.additions = any_change(model);
        RC_ASSERT(house
                      .merge(plan,
                             [&] {
                               if (!meanwhile) return;
                               ++changes;
                               RC_ASSERT(house.change(any_change(model)).has_value());
                             })
                      .has_value());
        RC_ASSERT(generations_in(*house.environment).value() == std::vector{house.generation.gid});
        break;
      }
      case 1:
        RC_ASSERT(house.reopen().has_value());
        break;
      default:
        ++changes;
        RC_ASSERT(house.change(any_change(model)).has_value());
    }
    RC_ASSERT(house.store->last_seq() == changes);
    expect_model(house, model);
  }
  RC_ASSERT(house.reopen().has_value());
  expect_model(house, model);
}

}  // namespace
}  // namespace shosoin::generations
