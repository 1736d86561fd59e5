// Bounds that keep a hostile client from taking the others' service. Those that settings may change are the defaults.
#pragma once

#include <chrono>
#include <cstddef>

namespace shosoin::limits {

// -- connections (the bound on all of them is limits::kMaxHttpConnections unless settings say otherwise)
inline constexpr std::size_t kConnectionsLeast = 16;
inline constexpr std::size_t kConnectionsMost = 16'384;
inline constexpr std::size_t kConnectionsPerAddress = 256;     // a terminal server of 40 seats, six connections each
inline constexpr std::size_t kConnectionsPerCertificate = 128;  // a business system's pool; a browser opens six
inline constexpr std::chrono::milliseconds kHandshakeGrace{1'000};  // an honest handshake is over by then: younger ones are spared
inline constexpr std::size_t kSheddingAtOnce = 64;  // told to close and not yet closed
inline constexpr std::size_t kAcceptBurst = 16;  // connections taken before the loop sees to those that are there
inline constexpr std::size_t kReportedFailures = 5;  // lines a second about failed handshakes; the rest is counted
inline constexpr int kSocketBuffer = 128 << 10;  // asked of the kernel for each direction, which would go to several MB
inline constexpr std::size_t kAnswersHeld = 64u << 20;  // bytes of large answers that wait for slow readers, all connections
inline constexpr std::size_t kLargeAnswer = 64u << 10;  // smaller ones are not counted

// -- descriptors
inline constexpr std::size_t kDescriptorsOfOurs = 96;  // libraries, event loops, files read again, the reserve

// -- TLS
inline constexpr unsigned kMaxKeyUpdates = 16;  // between two requests; RFC 8446 section 5.5 asks for one in 24 million records
inline constexpr std::chrono::seconds kTrustPoll{2};    // how soon a changed authority or revocation list is seen
inline constexpr std::size_t kMaxTrustFile = 16u << 20;  // a list of 100,000 revoked certificates takes 4 MB
inline constexpr std::size_t kMaxAuthorities = 4'096;    // twice kMaxTenants
inline constexpr std::size_t kAuthoritiesTold = 16;  // named in the handshake; a longer list would not fit its message
inline constexpr std::chrono::hours kStaleListAlarm{1};  // between two alarms about a list past its nextUpdate

// -- logins (Argon2id takes 64 MiB and a core for each)
inline constexpr std::size_t kLoginsPerTerminal = 2;  // under way or waiting, for each thread of the gate: one seat is one person
inline constexpr std::size_t kLoginChannelShare = 4;  // logins get one in this many of a thread's channels to the vault
inline constexpr std::size_t kLoginsWaiting = 64;     // in line for such a channel, for each thread
inline constexpr std::chrono::seconds kLoginWait{10};
inline constexpr std::size_t kPasswordsPerTerminal = 4;  // in the vault's line; twice what a thread of the gate lets through
inline constexpr std::size_t kPasswordsWaiting = 128;    // more than kVaultChannels: the bound is theirs
inline constexpr int kPasswordNiceness = 10;             // password hashes take what the others leave

}  // namespace shosoin::limits
