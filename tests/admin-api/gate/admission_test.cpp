// Who gives way when the places are taken, decided without sockets.
#include "admin-api/gate/admission.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "firmware/base/limits_clients.h"

namespace shosoin::gate {
namespace {

using Clock = Admission::Clock;

struct House {
  explicit House(ConnectionBounds bounds) : admission(bounds) {}
  // A connection of `address` with `certificate` (0: its handshake is not over); false when it was turned away.
  bool enter(unsigned char address, unsigned char certificate, Phase phase = Phase::Idle) {
    const std::size_t number = closed.size();
    closed.push_back(false);
    places.emplace_back(admission.enter({address}, now, [this, number] { closed[number] = true; }));
    if (!places.back()) return false;
    if (certificate == 0) return true;
    const bool claimed = places.back()->claim({certificate});
    places.back()->enter(phase);
    return claimed;
  }
  std::size_t shed() const { return static_cast<std::size_t>(std::count(closed.begin(), closed.end(), true)); }
  Admission admission;
  Clock::time_point now{};
  std::deque<std::optional<Admission::Place>> places;
  std::vector<bool> closed;
};

TEST(AdmissionRules, GiveAPlaceBackWhenItsConnectionGoes) {
  House house({2, 2, 2});
  EXPECT_TRUE(house.enter(1, 1));
  EXPECT_TRUE(house.enter(1, 2));
  EXPECT_FALSE(house.enter(1, 3));
  house.places.pop_front();
  EXPECT_EQ(house.admission.held(), 1u);
  EXPECT_TRUE(house.enter(1, 1));
}

TEST(AdmissionRules, NeverBreakOffARequestThatIsWithTheVault) {
  House house({4, 4, 4});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(house.enter(1, 1, Phase::Working));
  EXPECT_FALSE(house.enter(2, 2));
  EXPECT_EQ(house.shed(), 0u);
  house.places[2]->enter(Phase::Writing);
  EXPECT_TRUE(house.enter(2, 2));
  EXPECT_TRUE(house.closed[2]);
}

TEST(AdmissionRules, SpareAHandshakeThatHasJustBegun) {
  House house({4, 4, 4});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(house.enter(1, 0));
  EXPECT_FALSE(house.enter(1, 0));
  house.now += limits::kHandshakeGrace;
  EXPECT_TRUE(house.enter(1, 0));
  EXPECT_TRUE(house.closed[0]);
  EXPECT_EQ(house.shed(), 1u);
}

TEST(AdmissionRules, TakeFromUnfinishedHandshakesBeforeAllOthers) {
  House house({4, 4, 4});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(house.enter(1, 1));
  ASSERT_TRUE(house.enter(2, 0));
  house.now += limits::kHandshakeGrace;
  EXPECT_TRUE(house.enter(3, 3));
  EXPECT_TRUE(house.closed[3]);
  EXPECT_EQ(house.shed(), 1u);
}

TEST(AdmissionRules, TakeFromTheAddressAndTheCertificateThatHoldMost) {
  House house({6, 6, 6});
  ASSERT_TRUE(house.enter(1, 1));
  for (const unsigned char certificate : std::initializer_list<unsigned char>{2, 3, 3, 3, 4})
    ASSERT_TRUE(house.enter(2, certificate));
  ASSERT_TRUE(house.enter(3, 5));
  EXPECT_TRUE(house.closed[2]) << "the oldest of the certificate that holds three";
  EXPECT_EQ(house.shed(), 1u);
  EXPECT_EQ(house.admission.held(), 6u);
}

TEST(AdmissionRules, TurnAwayWhoHoldsNoLessThanTheOthers) {
  House house({3, 3, 3});
  for (const unsigned char address : std::initializer_list<unsigned char>{1, 2, 3})
    ASSERT_TRUE(house.enter(address, address));
  EXPECT_FALSE(house.enter(1, 1));
  EXPECT_FALSE(house.enter(4, 4)) << "one each: nobody holds more than the newcomer would";
  EXPECT_EQ(house.shed(), 0u);
  EXPECT_EQ(house.admission.take_counts().turned_away, 2u);
  EXPECT_EQ(house.admission.take_counts().turned_away, 0u);
}

TEST(AdmissionRules, StopWhenThoseWhoWereToldToGoAreStillThere) {
  House house({2, 2, 2});
  std::size_t entered = 0;
  for (unsigned char address = 1; address < 200; ++address) {
    entered += house.enter(address, 0) ? 1u : 0u;
    house.now += limits::kHandshakeGrace;
  }
  EXPECT_LE(entered, 2 + limits::kSheddingAtOnce);
  EXPECT_GE(house.shed(), 1u);
}

TEST(AdmissionRules, ShedOneWhenDescriptorsRunOut) {
  House house({8, 8, 8});
  ASSERT_TRUE(house.enter(1, 1));
  EXPECT_FALSE(house.admission.shed_one(house.now)) << "nobody holds more than one";
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(house.enter(2, 2));
  EXPECT_TRUE(house.admission.shed_one(house.now));
  EXPECT_TRUE(house.closed[1]);
}

}  // namespace
}  // namespace shosoin::gate
