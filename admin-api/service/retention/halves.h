// Reading that is done for each of many records: one half of them on a second thread, where the system has one to give.
// What is called changes nothing that both would see. Any thread.
#pragma once

#include <future>
#include <span>
#include <system_error>
#include <vector>

#include "firmware/base/ids.h"
#include "firmware/base/limits_batch.h"
#include "firmware/base/log.h"
#include "firmware/base/result.h"
#include "firmware/memory/stack.h"

namespace shosoin::service {

// Result<Out> look(const RecordId&): what it found, in the order of the ids; or the error of the first that has one.
template <class Out, class Look>
Result<std::vector<Out>> look_at_each(std::span<const RecordId> ids, const Look& look) {
  const auto part = [&look](std::span<const RecordId> some) [[gnu::noinline]] -> Result<std::vector<Out>> {
    std::vector<Out> found;
    found.reserve(some.size());
    for (const auto& id : some) {
      TRY(auto one, look(id));
      found.push_back(std::move(one));
    }
    return found;
  };
  std::future<Result<std::vector<Out>>> others;  // its end waits for the thread
  if (ids.size() > limits::kLookedAtAlone) {
    try {
      others = std::async(std::launch::async, [&part, behind = ids.subspan(ids.size() / 2)] {
        const memory::ScrubsStack scrubs;  // its stack is kept for the next thread
        return part(behind);
      });
      ids = ids.first(ids.size() / 2);
    } catch (const std::system_error&) {
      oplog::warning("No thread for reading ahead: records are looked at by one");
    }
  }
  TRY(auto found, part(ids));
  if (!others.valid()) return found;
  TRY(auto rest, others.get());
  std::ranges::move(rest, std::back_inserter(found));
  return found;
}

}  // namespace shosoin::service
