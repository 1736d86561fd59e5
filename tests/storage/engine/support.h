// What the engine's tests share: an environment of two tables in a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include "firmware/base/power.h"
#include "storage/engine/engine.h"
#include "tests/support/temporary_directory.h"

namespace shosoin::engine {

inline constexpr Table kFirst{0}, kSecond{1};
inline const EnvironmentOptions kOptions{.tables = {"first", "second"}, .map_size = 64u << 20};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void TearDown() override {
    power::set_plug(nullptr);
    power::power_on();
  }
  void reopen() {
    environment_.reset();
    auto opened = Environment::open(place(), kOptions, true);
    ASSERT_TRUE(opened) << opened.error().doing() << " " << opened.error().outside();
    environment_ = std::move(opened).value();
  }
  std::filesystem::path place() const { return directory_.path() / "environment"; }
  std::optional<std::string> read(std::string_view key, Table table = kFirst) {
    auto reader = environment_->read().value();
    auto found = reader->get(table, view_of(key)).value();
    if (!found) return std::nullopt;
    return std::string(text_of(*found));
  }
  Result<void> write(std::string_view key, std::string_view value, std::string_view step = "test:commit") {
    TRY(auto writer, environment_->write());
    TRY(writer->put(kFirst, view_of(key), view_of(value)));
    return writer->commit(step);
  }

  support::TemporaryDirectory directory_;
  std::unique_ptr<Environment> environment_;
};

}  // namespace shosoin::engine
