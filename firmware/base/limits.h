// Every bound of the house with its name and reason. A loop, queue, buffer, wait or request without a name here is a defect.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shosoin::limits {

// -- storage
inline constexpr std::size_t kRecordRowPlain = 1997;           // two record rows fill one 4 KiB LMDB page (DESIGN 4)
inline constexpr std::size_t kRecordRowStep = 4063;            // larger rows: multiples, one page each
inline constexpr std::size_t kMaxRecordPlain = 64 * kRecordRowStep;
inline constexpr std::size_t kBlockPlain = 3999;               // 4,080 B stored less 81 B of box: one page a block
inline constexpr std::size_t kBlockStep = 4096;                // a block with one large entry grows by whole pages
inline constexpr std::size_t kDeltaPlain = 1933;                // 2,014 B stored: two delta rows fill one page
inline constexpr std::size_t kMaxEntryKey = 512;               // normalised kana name + birth date + record id fit
inline constexpr std::size_t kMaxEntryValue = 4u << 20;        // staged import reports, certificate bodies
inline constexpr std::size_t kMaxDeltaRows = 20'000;           // DESIGN 4: forces a merge
inline constexpr std::size_t kMaxDeltaBytes = 16u << 20;       // DESIGN 4: forces a merge
inline constexpr std::size_t kTransactionPages = 16'384;       // DESIGN 4: largest write transaction of a merge or batch
inline constexpr std::size_t kEnvironmentMapSize = 32ull << 30;  // address space only; data.mdb grows as needed
inline constexpr unsigned kEnvironmentReaders = 1024;          // read snapshots of one environment at a time, all threads
inline constexpr std::size_t kJournalSegment = 16u << 20;      // preallocated, zero-filled
inline constexpr std::size_t kMaxJournalEntry = 4u << 20;      // an import's attachment of addressee numbers
inline constexpr std::size_t kJournalSegmentMost = 256u << 20;  // of any version: what a start reads into memory
inline constexpr std::size_t kMaxJournalTenants = 8001;        // ever in one journal: four times kMaxTenants, and the appliance
inline constexpr std::size_t kJournalReserve = 1u << 20;       // room kept for what other callers enqueue meanwhile
inline constexpr std::size_t kJournalQueue = 64u << 20;        // bytes waiting for the flusher before callers wait

// -- tenants and people
inline constexpr std::size_t kMaxTenants = 2000;               // 1,741 municipalities + 47 prefectures, rounded up
inline constexpr std::size_t kMaxPeople = 20'000;
inline constexpr std::size_t kMaxTerminals = 20'000;
inline constexpr std::size_t kMaxOpenApprovals = 10'000;

// -- sessions (DESIGN 8)
inline constexpr std::chrono::seconds kSessionIdle{300};
inline constexpr std::chrono::seconds kSessionAbsolute{8 * 3600};
inline constexpr int kFailuresToLock = 10;                     // issue 2
inline constexpr int kParallelPasswordHashes = 2;              // Argon2id takes 64 MiB and a core each
inline constexpr std::size_t kMinPasswordLength = 12;          // product floor
inline constexpr std::size_t kMaxPasswordLength = 256;
inline constexpr int kTotpStepSeconds = 30;                    // RFC 6238
inline constexpr int kTotpSkewSteps = 1;

// -- requests
inline constexpr std::size_t kMaxRequestFrame = 1u << 20;      // gate <-> vault, one message
inline constexpr std::size_t kMaxReplyFrame = 8u << 20;
inline constexpr std::size_t kMaxField = 512u << 10;           // one field of a message: an import chunk
inline constexpr std::size_t kMaxFields = 64;
inline constexpr std::size_t kVaultChannels = 96;              // connections the vault serves at once, a thread each
inline constexpr std::size_t kMaxHttpHeader = 16u << 10;
inline constexpr std::size_t kMaxHttpBody = 64u << 20;         // an import file
inline constexpr std::size_t kMaxJsonBody = 64u << 10;
inline constexpr std::size_t kMaxHttpConnections = 1024;
inline constexpr std::size_t kMaxRetrievalHits = 50;           // S-03: no bulk listing through a search
inline constexpr std::size_t kMaxErasureRecords = 10'000;

inline constexpr std::size_t kMaxIdText = 64;                  // protocol texts: codes, keys, ids people type
inline constexpr std::size_t kMaxNameText = 256;               // names of people, sections, tenants, terminals
inline constexpr std::size_t kMaxSearchText = 256;             // a search value, a case reference
inline constexpr std::size_t kMaxFreeText = 1024;              // one text of an erasure application (E-04)

// -- gate
inline constexpr std::size_t kMaxHttpTarget = 1024;            // the longest route with its ids takes under 200
inline constexpr std::size_t kMaxHttpFields = 64;              // header lines of one request
inline constexpr std::size_t kMaxErasureBody = 512u << 10;     // kMaxErasureRecords ids of 32 digits as JSON
inline constexpr std::size_t kImportChunk = 256u << 10;        // what the gate holds of an import at a time
inline constexpr std::size_t kMaxGateThreads = 16;
inline constexpr std::size_t kGateChannels = 64;               // of kVaultChannels, shared among the gate's threads
inline constexpr std::size_t kGateWaiters = 1024;              // requests that wait for a channel, per thread
inline constexpr std::size_t kListenBacklog = 512;
inline constexpr std::size_t kLingerBytes = kMaxHttpBody;      // read and dropped after a refusal, so that it arrives
inline constexpr std::chrono::seconds kTlsHandshake{10};
inline constexpr std::chrono::seconds kHttpHeadWait{10};       // from the first byte of a head to its end
inline constexpr std::chrono::seconds kHttpIdleWait{75};       // between two requests of a connection
inline constexpr std::chrono::seconds kHttpBodyPiece{30};      // for each kImportChunk: about 9 kB/s at least
inline constexpr std::chrono::seconds kHttpBodyWhole{600};
inline constexpr std::chrono::seconds kHttpWriteWait{30};
inline constexpr std::chrono::seconds kHttpLinger{5};
inline constexpr std::chrono::seconds kVaultConnect{2};
inline constexpr std::chrono::seconds kVaultReply{30};         // longest ordinary reply: two password hashes queue
inline constexpr std::chrono::seconds kVaultLongReply{900};    // closing an import, running a batch
inline constexpr std::chrono::seconds kGateShutdown{10};       // requests under way at SIGTERM may end
inline constexpr int kRetryAfterSeconds = 5;                   // told with 429 and 503

// -- imports
inline constexpr std::size_t kMaxImportRows = 2'000'000;
inline constexpr std::size_t kMaxImportLine = 1u << 20;
inline constexpr std::size_t kMaxFieldCharacters = 4096;
inline constexpr std::size_t kMaxFieldBytes = 32u << 10;       // kMaxFieldCharacters with a variation selector each
inline constexpr std::size_t kMaxImportFindings = 1000;        // told one by one; the rest is only counted
inline constexpr std::size_t kMaxCodePointPairs = 64;          // distinct changes told per conversion

// -- record file definitions
inline constexpr std::size_t kMaxDefinitionBytes = 1u << 20;
inline constexpr std::size_t kMaxDefinitionItems = 512;        // the longest seed list has 174
inline constexpr std::size_t kMaxDefinitions = 256;            // files in one directory
inline constexpr std::size_t kMaxSyntheticPeople = 10'000'000;

// -- retention
inline constexpr unsigned kMaxPeriodYears = 1000;              // the longest known is 150
inline constexpr unsigned kMaxPeriodMonths = 12 * kMaxPeriodYears;
inline constexpr unsigned kMaxPeriodDays = 366 * kMaxPeriodYears;
inline constexpr int kFirstYear = 1;                           // std::chrono would go on to -32767
inline constexpr int kLastYear = 9999;                         // four digits in every date we write

// -- command line
inline constexpr std::size_t kMaxCommandLineInput = 4096;      // one line of standard input
inline constexpr std::chrono::seconds kCommandLinePatience{900};  // a storage check of a full disk, a batch on a slow TPM

// -- epochs
inline constexpr int kMaxBatchesPerDay = 24;                   // DESIGN 4
inline constexpr std::uint64_t kMaxJournalReplay = 1u << 20;

// -- JSON of certificates and settings
inline constexpr int kMaxJsonDepth = 32;                       // a certificate needs six levels
inline constexpr std::int64_t kMaxJsonInteger = std::int64_t{1} << 53;  // RFC 7493: beyond, readers lose digits

// -- TPM
inline constexpr std::size_t kMaxTpmFrame = 4096;              // TPM2_MAX_COMMAND_SIZE of the TSS
inline constexpr std::chrono::milliseconds kTpmAnswer{120'000};  // making a key on a slow chip takes most of a minute
inline constexpr int kTpmBusyRetries = 20;                     // RETRY, TESTING, NV_RATE: nothing was done yet
inline constexpr std::chrono::milliseconds kTpmBusyWait{50};   // times the attempt: 10.5 s in all
inline constexpr int kTpmPcrRetries = 30;                      // PCR_CHANGED: other programs measure while a policy is built
inline constexpr std::uint32_t kMaxTpmLeftovers = 64;          // sessions and objects a killed process may leave in a software TPM
inline constexpr std::size_t kMaxBootApprovals = 16;           // releases approved side by side; each costs a signature check
inline constexpr std::size_t kMaxBootApprovalText = 64u << 10;
inline constexpr std::size_t kMaxAttestation = 2048;           // TPM2B_ATTEST is at most 1,812 B in the TSS

// -- the vault's service
inline constexpr std::size_t kMaxPersonText = 512;             // a name, section, staff number or encoded hash
inline constexpr std::chrono::hours kOfficerLock{24};          // then an officer may try again: nobody else could unlock two of them
inline constexpr std::size_t kMaxFileKey = 64;                 // key of a record file, as in RecordEntry
inline constexpr std::chrono::milliseconds kPasswordHashWait{2'000};  // then 429: Argon2id runs are few on purpose
inline constexpr std::chrono::seconds kActivityWritten{30};    // granularity of a session's durable last activity
inline constexpr std::size_t kEndedSessions = 4096;            // remembered, so that a late call hears "expired"
inline constexpr std::size_t kMaxSearchScan = 200'000;         // entries one kana prefix may pass over
inline constexpr std::size_t kMinKanaPrefix = 2;               // characters of a kana name to search by
inline constexpr std::size_t kImportRowGroup = 2048;           // rows written ahead in one call
inline constexpr std::chrono::seconds kImportIdle{900};        // without a chunk: abandoned
inline constexpr std::size_t kMaxErasuresListed = 100'000;     // requests of one tenant
inline constexpr std::size_t kMaxErasuresTold = 500;            // in one list, 7 kB each as a rule
inline constexpr std::chrono::minutes kBatchRetry{10};         // after a batch of the day failed
inline constexpr std::size_t kMaxImportsListed = 100'000;      // entries of one tenant
inline constexpr std::size_t kLoggedAddressees = 100'000;      // addressee numbers in one line of the log: under kMaxJournalEntry
inline constexpr std::size_t kMaxOpenImports = 16;             // being received at once, all tenants
inline constexpr std::chrono::seconds kVaultReadWait{120};     // the rest of a frame once it has begun
inline constexpr std::chrono::seconds kMaintenanceRound{5};
inline constexpr std::chrono::hours kEmptyBatchAfter{24};      // promise 8


}  // namespace shosoin::limits
