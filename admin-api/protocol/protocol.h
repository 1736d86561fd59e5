// What the gate (and the local administrator) may ask of the vault: an enumerated set of bounded requests with a permit table by
// channel and session state (format page: admin-api/protocol/protocol.md). One parser, on both sides. Pure; any thread.
//   request = length u32 || format u16 || kind u16 || request id u64 || fields;   field = id u16 || length u32 || bytes
//   reply   = length u32 || format u16 || status u16 || request id u64 || body (JSON, UTF-8)
// length counts what follows it. Fields ascend by id, none twice. status 0 is success, else ErrorCode + 1.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/base/bytes.h"
#include "firmware/base/result.h"

namespace shosoin::protocol {

inline constexpr std::uint16_t kFormat = 1;

// Frozen numbers.
enum class RequestKind : std::uint16_t {
  Health = 1,            // no session; what /health and /ready tell
  Login = 10,
  Logout = 11,
  SessionShow = 12,
  Retrieve = 20,         // by search key; every hit that is told is logged first
  RetrieveRecord = 21,   // by record id
  NumberChangeRequest = 24,  // one asks for a change of a person's 個人番号
  NumberChangeShow = 25,
  NumberChangeList = 26,
  NumberChangeDecide = 27,   // another person on another terminal, with a fresh code
  LinkingReport = 28,        // one page of the consistency report
  ImportOpen = 30,
  ImportChunk = 31,
  ImportClose = 32,      // checks, stages; nothing visible until another person confirms
  ImportShow = 33,
  ImportDecide = 34,     // another person confirms or rejects
  QuarantineList = 35,   // rows of an import that wait for 文字同定: places and code points
  Identify = 36,         // one person says what the characters of a value are
  IdentificationDecide = 37,  // another person confirms or rejects
  ConversionList = 38,   // 変換記録 of an import, a part at a time
  ErasureRequest = 40,
  ErasureShow = 41,
  ErasureList = 42,
  ErasureDecide = 43,    // another person on another terminal, with a fresh code
  ErasureExecute = 44,   // --now: runs a batch for what is approved
  CertificateShow = 45,
  ProvisioningShow = 46,
  BatchCertificateShow = 110,  // of a whole batch
  LostRecords = 111,     // whose rows a restore could not bring back
  // local administration socket only
  BackupCreate = 112,
  TenantRemovalRequest = 113,   // one security officer asks, with the receipt of the hand-over
  TenantRemovalWithdraw = 116,
  TenantCreate = 60,
  TenantList = 61,
  PersonAdd = 62,
  PersonList = 63,
  PersonUnlock = 64,
  PersonDisable = 65,
  TerminalAdd = 66,
  TerminalList = 67,
  TerminalRevoke = 68,
  BatchRun = 70,
  Status = 71,
  StorageCheck = 72,
  JournalWalk = 73,      // verifies the chain; says counts, never contents
  FilePreview = 80,      // what adding this definition would change; changes nothing
  FileAdd = 81,          // two persons who have seen the same change
  // through the gate again
  RetentionRulePropose = 90,
  RetentionRuleDecide = 91,  // another person on another terminal, with a fresh code
  RetentionRuleList = 92,
  HoldSet = 93,
  HoldRelease = 94,      // one asks
  HoldDecide = 95,       // another person on another terminal, with a fresh code
  HoldList = 96,
  DueList = 97,          // 保存期間満了データ一覧: one page
  RetentionCalendar = 98,  // due per month
  // local administration socket again
  TenantRemovalDecide = 114,    // gate: a manager of the tenant, with a fresh code
  TenantRemovalShow = 115,      // both channels
  ClockStatus = 99,
  ClockAccept = 100,     // two persons: the system clock as it stands is right
  ApplianceLogRule = 101,     // two security officers: how long months of tenant zero's log are kept
  ApplianceLogShow = 102,
  ApplianceLogErase = 103,    // two security officers: months whose term has ended
  ApplianceLogHold = 104,     // one officer
  ApplianceLogRelease = 105,  // two security officers
  // through the gate again
  ErasureReport = 120,       // of what was executed, for the municipality (E-07)
  ErasureAcknowledge = 121,  // it has the report: a person who neither applied nor executed, with a fresh code
  ErasureWithdraw = 122,     // by who applied, or a manager, as long as it is not executed
  ErasureWitness = 123,      // 立会い: a person of the municipality is present (E-05), with a fresh code
  DisposalList = 124,        // 廃棄簿: one page of a range of days
  DisposalShow = 125,        // a single item
  ErasureHistory = 126,      // one page of what is rejected, withdrawn, or executed and acknowledged
  // both channels again
  FileList = 82,         // record files and their present versions
  FileShow = 83,         // one of them: its tables, their headers, the definition
};

enum class FieldId : std::uint16_t {
  Terminal = 1,          // 32 B, SHA-256 of the client certificate (DER); the gate sets it on every request
  Session = 2,           // 32 B token
  SecondSession = 3,     // 32 B: the other person, for acts of two on the local socket
  IdempotencyKey = 4,    // 1..64 visible ASCII
  TerminalAuthority = 5, // 32 B, SHA-256 of the certificate (DER) that issued the terminal's; the gate sets it
  PersonId = 10,         // operator id
  Password = 11,
  Code = 12,             // six digits
  PersonName = 13,
  Section = 14,          // 所属
  StaffNumber = 15,      // 職員番号
  Role = 16,
  Permissions = 17,      // comma separated names
  TotpSecret = 18,       // 20 B
  TenantCode = 20,       // six digits
  TenantName = 21,
  File = 22,             // file key, e.g. honnin-kakunin-joho
  Fingerprint = 23,      // 32 B, of the terminal certificate to enrol
  TerminalName = 24,
  SearchKind = 30,       // residentRecordCode | addresseeNumber | integratedAddresseeNumber | individualNumber |
                         // kanaNameAndBirthDate | group (a table about no person)
  SearchValue = 31,
  BirthDate = 32,
  ReasonCode = 33,       // 処理事由
  CaseReference = 34,
  IncludeIndividualNumber = 35,  // one byte, 0 or 1
  RecordId = 36,         // 16 B
  RecordIds = 37,        // n x 16 B
  ImportId = 40,         // 16 B
  Offset = 41,           // u64
  Chunk = 42,
  Encoding = 43,         // "UTF-8" | "CP932" | "EUC-JP-MS": declared, never guessed
  Decision = 44,         // "approve" | "reject"
  ErasureId = 50,        // 16 B
  Items = 51,            // 項目        E-04
  Medium = 52,           // 媒体名
  Quantity = 53,         // 数量
  Method = 54,           // 消去の方法
  PlannedDate = 55,      // 予定日
  Ground = 56,           // the decision or rule the erasure rests on
  Serial = 57,           // certificate serial, 64 hex digits
  Now = 58,              // one byte
  Csr = 59,              // PKCS#10, DER: a terminal asks for its certificate
  Group = 60,            // key of a table of the record file
  FiveDigitCodes = 61,   // one byte: 団体コード without check digit are completed
  StandardCharacters = 62,  // one byte: 行政事務標準文字, planes 15 and 16 are accepted
  IvsCollection = 63,    // "Moji_Joho" | "none": which variation sequences are declared
  Cursor = 64,           // 16 B: the last record that was told
  Resume = 65,           // one byte: an import that is being received goes on where it is
  ItemKey = 66,          // an item whose characters are identified
  Value = 67,            // its value
  Definition = 70,       // JSON of a record file definition
  ChangeDigest = 71,     // 32 B: of the change that was shown
  DefinitionVersion = 72,  // u16
  NewNumber = 80,        // 個人番号, twelve digits
  ChangedOn = 81,        // YYYY-MM-DD
  ChangeBasis = 82,      // "application" | "ex-officio"
  NumberChangeId = 83,   // 16 B
  ReportCursor = 84,     // where the last page of a report ended
  Epoch = 100,           // u64: the epoch a batch led to
  CountingRule = 90,     // "EXCL" | "INCL" | "NEXT_FY" | "NEXT_CY"
  RetentionPeriod = 91,  // "5y", "6m", "30d"
  EventItems = 92,       // keys of date items, comma separated, in order
  Automatic = 93,        // one byte: what is due by this rule is erased without an application of its own
  UnknownDates = 94,     // "latest-possible" | "person-decides"
  Settlement = 95,       // "actual-date" | "account-year"
  ProposalId = 96,       // of a proposal the program ships
  RuleVersion = 97,      // u64
  HoldId = 98,           // 16 B
  HoldName = 99,
  LogMonths = 110,       // months of the access log, "2019-04", comma separated
  WitnessRequired = 115,  // one byte: the approver asks for 立会い
  DisposalId = 116,       // 16 B: an entry of the 廃棄簿
  FirstDay = 117,         // YYYY-MM-DD
  LastDay = 118,          // YYYY-MM-DD
  Shortens = 125,        // one byte: a rule that may let ends come sooner that are fixed
  ShortenedCount = 126,  // of how many records, as whoever adopts it says: decimal digits
  EarliestEnd = 127,     // YYYY-MM-DD, the earliest of their new ends
  TenantCodeAgain = 120, // six digits, typed a second time
  Receiver = 121,        // of what was handed over (返還)
  DocumentNumber = 122,  // of the receipt
  HandedOverOn = 123,    // YYYY-MM-DD
  ReceiptDigest = 124,   // SHA-256 of the receipt, 64 hex digits
};

struct Request {
  RequestKind kind;
  std::uint64_t id = 0;
  std::map<FieldId, Bytes> fields;
};
struct Reply {
  std::uint16_t status = 0;
  std::uint64_t id = 0;
  std::string body;      // JSON; for a failure {"code":..., "pointer":..., "detail":...} (all optional but code)
};

enum class Channel : std::uint8_t { Gate, Local };
enum class Need : std::uint8_t { Nobody, OnePerson, TwoPersons };
struct FieldRule {
  FieldId id;
  bool required;
  std::size_t most;      // bytes
};
struct RequestRule {
  RequestKind kind;
  std::string_view name; // for logs and docs
  bool on_gate, on_local;
  Need gate_need, local_need;
  std::vector<FieldRule> fields;  // beside Terminal, Session, SecondSession, which follow from the channel and the need
};
const std::vector<RequestRule>& permit_table();
const RequestRule* find_rule(RequestKind kind);

// Says before sending what decode_request would say after: senders with outside values ask first, because encode ENSUREs.
Result<void> check(const Request& request, Channel channel);
Bytes encode(const Request& request);           // with its length; ENSUREs the frame limits
Bytes encode(const Reply& reply);
constexpr std::uint16_t status_of(ErrorCode code) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned>(code) + 1);
}
inline constexpr std::size_t kLengthSize = 4;
inline constexpr std::size_t kHeadSize = 2 + 2 + 8;  // format, kind or status, request id
// A reply without a body as a whole frame; takes no memory.
std::array<std::uint8_t, kLengthSize + kHeadSize> encode_bare(std::uint16_t status, std::uint64_t id) noexcept;
// The request id in a payload that has not been decoded yet; 0 where there is none.
std::uint64_t id_in(ByteView payload) noexcept;
// The first four bytes of a frame; BadRequest when shorter than a head or over most.
Result<std::size_t> payload_size(std::span<const std::uint8_t, kLengthSize> length, std::size_t most);
// payload: what follows the length. BadRequest on anything the table does not allow on this channel: unknown kind, field not in
// its rule, missing field, over size, out of order, wrong width.
Result<Request> decode_request(ByteView payload, Channel channel);
Result<Reply> decode_reply(ByteView payload);

// Field helpers.
void set(Request& request, FieldId id, std::string_view text);
void set(Request& request, FieldId id, ByteView bytes);
void set_u64(Request& request, FieldId id, std::uint64_t value);
std::string text_field(const Request& request, FieldId id);  // "" when absent
std::optional<ByteView> field(const Request& request, FieldId id);
void wipe_secrets(Request& request);            // Password, Code, TotpSecret, Session, SecondSession, NewNumber

// Shape of a field's bytes, the same in every request.
enum class Width : std::uint8_t { Text, One, Two, Eight, Sixteen, Sixteens, Twenty, ThirtyTwo };
Width width_of(FieldId id);

}  // namespace shosoin::protocol
