// How answers are taken from a TPM device: its TCTI, asked for the size, takes the header off the device. The double
// does as tss2-tcti-device 3.2.1 does, over a pipe in place of /dev/tpmrm0.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "hardware/tpm/transport.h"

namespace shosoin::tpm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kHeader = 10;

struct DeviceDouble {
  TSS2_TCTI_CONTEXT_COMMON_V2 common{};
  std::array<int, 2> device{-1, -1};
  Bytes answer, header;

  explicit DeviceDouble(Bytes answers) : answer(std::move(answers)) {
    EXPECT_EQ(0, ::pipe(device.data()));
    common.v1.version = 2;
    common.v1.transmit = [](TSS2_TCTI_CONTEXT* self, std::size_t, const std::uint8_t*) -> TSS2_RC {
      auto& me = of(self);
      return ::write(me.device[1], me.answer.data(), me.answer.size()) > 0 ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_IO_ERROR;
    };
    common.v1.receive = &receive;
    common.v1.getPollHandles = [](TSS2_TCTI_CONTEXT* self, TSS2_TCTI_POLL_HANDLE* handles,
                                  std::size_t* count) -> TSS2_RC {
      handles[0].fd = of(self).device[0];
      *count = 1;
      return TSS2_RC_SUCCESS;
    };
  }
  ~DeviceDouble() {
    for (const int end : device) ::close(end);
  }
  DeviceDouble(const DeviceDouble&) = delete;
  DeviceDouble& operator=(const DeviceDouble&) = delete;

  static DeviceDouble& of(TSS2_TCTI_CONTEXT* self) { return *reinterpret_cast<DeviceDouble*>(self); }
  TSS2_TCTI_CONTEXT* context() { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(this); }

  static TSS2_RC receive(TSS2_TCTI_CONTEXT* self, std::size_t* size, std::uint8_t* buffer, std::int32_t) {
    auto& me = of(self);
    if (me.header.empty()) {
      me.header.resize(kHeader);
      if (::read(me.device[0], me.header.data(), kHeader) != static_cast<ssize_t>(kHeader))
        return TSS2_TCTI_RC_IO_ERROR;
    }
    *size = me.answer.size();
    if (buffer == nullptr) return TSS2_RC_SUCCESS;
    std::ranges::copy(me.header, buffer);
    me.header.clear();
    const std::size_t rest = me.answer.size() - kHeader;
    if (rest == 0) return TSS2_RC_SUCCESS;
    return ::read(me.device[0], buffer + kHeader, rest) == static_cast<ssize_t>(rest) ? TSS2_RC_SUCCESS
                                                                                      : TSS2_TCTI_RC_IO_ERROR;
  }
};

Bytes answer_of(std::size_t size) {
  Bytes answer(size, 7);
  answer[5] = static_cast<std::uint8_t>(size);
  return answer;
}

// As ESYS does: the size first, then the answer.
Bytes ask(Transport& transport) {
  EXPECT_EQ(TSS2_RC_SUCCESS, transport.send(answer_of(12)));
  std::size_t size = 0;
  EXPECT_EQ(TSS2_RC_SUCCESS, transport.receive(size, nullptr));
  Bytes answer(size);
  EXPECT_EQ(TSS2_RC_SUCCESS, transport.receive(size, answer.data()));
  return answer;
}

TEST(DeviceTransport, TakesAnAnswerThatIsNothingButItsHeaderAtOnce) {
  DeviceDouble device(answer_of(kHeader));
  const auto transport = transport_over(device.context(), false);
  const auto started = Clock::now();
  EXPECT_EQ(answer_of(kHeader), ask(*transport));
  EXPECT_LT(Clock::now() - started, std::chrono::seconds(5));
}

TEST(DeviceTransport, TakesLongerAnswersInTwoParts) {
  DeviceDouble device(answer_of(100));
  const auto transport = transport_over(device.context(), false);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(answer_of(100), ask(*transport));
}

TEST(DeviceTransport, TakesAnAnswerWhoseSizeWasNotAskedFor) {
  DeviceDouble device(answer_of(kHeader));
  const auto transport = transport_over(device.context(), false);
  EXPECT_EQ(TSS2_RC_SUCCESS, transport->send(answer_of(12)));
  Bytes answer(64);
  std::size_t size = answer.size();
  EXPECT_EQ(TSS2_RC_SUCCESS, transport->receive(size, answer.data()));
  EXPECT_EQ(kHeader, size);
}

}  // namespace
}  // namespace shosoin::tpm
