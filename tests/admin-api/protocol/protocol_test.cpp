#include "admin-api/protocol/protocol.h"

#include <gtest/gtest.h>

#include <set>

#include "firmware/base/codec.h"
#include "firmware/base/limits.h"

namespace shosoin::protocol {
namespace {

Bytes bytes_for(FieldId id, std::size_t most) {
  switch (width_of(id)) {
    case Width::Text:
      return Bytes(std::min<std::size_t>(most, 6), '7');
    case Width::One:
      return Bytes{1};
    case Width::Two:
      return Bytes(2, 2);
    case Width::Eight:
      return Bytes(8, 8);
    case Width::Sixteen:
      return Bytes(16, 16);
    case Width::Sixteens:
      return Bytes(48, 3);
    case Width::Twenty:
      return Bytes(20, 20);
    case Width::ThirtyTwo:
      return Bytes(32, 32);
  }
  return {};
}

Need need_on(const RequestRule& rule, Channel channel) {
  return channel == Channel::Gate ? rule.gate_need : rule.local_need;
}
bool is_on(const RequestRule& rule, Channel channel) { return channel == Channel::Gate ? rule.on_gate : rule.on_local; }

Request sample(const RequestRule& rule, Channel channel, bool with_optional) {
  Request request{rule.kind, 42, {}};
  for (const auto& field_rule : rule.fields) {
    if (field_rule.required || with_optional) request.fields[field_rule.id] = bytes_for(field_rule.id, field_rule.most);
  }
  if (channel == Channel::Gate) request.fields[FieldId::Terminal] = Bytes(32, 1);
  if (need_on(rule, channel) != Need::Nobody) request.fields[FieldId::Session] = Bytes(32, 2);
  if (need_on(rule, channel) == Need::TwoPersons) request.fields[FieldId::SecondSession] = Bytes(32, 3);
  return request;
}

Result<Request> decode(const Bytes& frame, Channel channel) {
  return decode_request(ByteView(frame).subspan(kLengthSize), channel);
}
void expect_refused(const Request& request, Channel channel) {
  auto decoded = decode(encode(request), channel);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code(), ErrorCode::BadRequest);
  EXPECT_FALSE(check(request, channel));
}
template <class Visit>
void for_each_permitted(Visit&& visit) {
  int visited = 0;
  for (auto channel : {Channel::Gate, Channel::Local}) {
    for (const auto& rule : permit_table()) {
      if (is_on(rule, channel)) visit(rule, channel), ++visited;
    }
  }
  ASSERT_GT(visited, 30);
}

const RequestRule& rule_of(RequestKind kind) { return *find_rule(kind); }

TEST(PermitTable, HasEachKindOnceAndGivesEachAChannelAndAName) {
  std::set<RequestKind> kinds;
  std::set<std::string_view> names;
  for (const auto& rule : permit_table()) {
    EXPECT_TRUE(kinds.insert(rule.kind).second) << rule.name;
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_TRUE(rule.on_gate || rule.on_local) << rule.name;
    std::set<FieldId> fields;
    for (const auto& field_rule : rule.fields) {
      EXPECT_TRUE(fields.insert(field_rule.id).second) << rule.name;
      EXPECT_LE(field_rule.most, limits::kMaxField);
      EXPECT_GE(field_rule.most, bytes_for(field_rule.id, field_rule.most).size()) << rule.name;
    }
  }
  // and those of identification, of linking, of definitions, of proofs and backups, of retention and the clock, of
  // removals, of what follows an erasure, and of the appliance's own log
  EXPECT_EQ(kinds.size(), 31u + 4 + 5 + 4 + 3 + 11 + 4 + 7 + 5);
}
TEST(PermitTable, LetsTheGateDoNothingThatNeedsTwoPersonsOrAdministersPeople) {
  for (const auto& rule : permit_table()) {
    if (rule.on_gate) {
      EXPECT_NE(rule.gate_need, Need::TwoPersons) << rule.name;
    }
    const bool of_tenants =
        rule.kind >= RequestKind::RetentionRulePropose && rule.kind <= RequestKind::RetentionCalendar;
    const bool of_proofs = rule.kind == RequestKind::BatchCertificateShow || rule.kind == RequestKind::LostRecords;
    // The tenant's own manager decides about its removal, and nobody in the data centre does.
    const bool of_removal = rule.kind == RequestKind::TenantRemovalDecide || rule.kind == RequestKind::TenantRemovalShow;
    // The workflow of seed 002 and the disposal register: the municipality's own people.
    const bool of_workflow = rule.kind >= RequestKind::ErasureReport && rule.kind <= RequestKind::ErasureHistory;
    const bool administers =
        static_cast<int>(rule.kind) >= 60 && !of_tenants && !of_proofs && !of_removal && !of_workflow;
    if (of_tenants || of_workflow) {
      EXPECT_FALSE(rule.on_local) << rule.name;  // rules and holds are the tenant's people's, not the data centre's
    }
    if (rule.kind == RequestKind::TenantRemovalDecide) {
      EXPECT_FALSE(rule.on_local) << rule.name;
    }
    const bool looks_only = rule.kind == RequestKind::FileList || rule.kind == RequestKind::FileShow;
    if (administers && !looks_only) {
      EXPECT_FALSE(rule.on_gate) << rule.name;
    }
  }
}
TEST(PermitTable, AsksNobodyOnlyForHealthLoginAndTheProvisioningRecord) {
  std::set<RequestKind> open;
  for (const auto& rule : permit_table()) {
    if ((rule.on_gate && rule.gate_need == Need::Nobody) || (rule.on_local && rule.local_need == Need::Nobody)) {
      open.insert(rule.kind);
    }
  }
  EXPECT_EQ(open, (std::set{RequestKind::Health, RequestKind::Login, RequestKind::ProvisioningShow}));
}
TEST(PermitTable, AsksTwoPersonsForEveryLocalActThatChangesPeopleTenantsTerminalsOrTheEpoch) {
  for (auto kind :
       {RequestKind::TenantCreate, RequestKind::PersonAdd, RequestKind::PersonUnlock, RequestKind::PersonDisable,
        RequestKind::TerminalAdd, RequestKind::TerminalRevoke, RequestKind::BatchRun}) {
    EXPECT_EQ(rule_of(kind).local_need, Need::TwoPersons);
  }
}

TEST(Protocol, WritesTheBytesOfItsFormatPage) {  // the worked example of protocol.md
  Request request{RequestKind::CertificateShow, 7, {}};
  set(request, FieldId::Serial, std::string_view("ab"));
  set(request, FieldId::TenantCode, std::string_view("132101"));
  EXPECT_EQ(to_hex(encode(request)),
            "00000020"
            "0001"
            "002d"
            "0000000000000007"
            "0014"
            "00000006"
            "313332313031"
            "0039"
            "00000002"
            "6162");
  EXPECT_EQ(to_hex(encode(Reply{1, 7, "{}"})),
            "0000000e"
            "0001"
            "0001"
            "0000000000000007"
            "7b7d");
}
TEST(Protocol, RoundTripsEveryKindOnEveryChannelWithAndWithoutItsOptionalFields) {
  for_each_permitted([](const RequestRule& rule, Channel channel) {
    for (bool with_optional : {false, true}) {
      const Request sent = sample(rule, channel, with_optional);
      const Bytes frame = encode(sent);
      const auto size = payload_size(ByteView(frame).first<kLengthSize>(), limits::kMaxRequestFrame);
      ASSERT_TRUE(size);
      EXPECT_EQ(size.value() + kLengthSize, frame.size());
      auto got = decode(frame, channel);
      ASSERT_TRUE(got) << rule.name;
      EXPECT_EQ(got.value().kind, sent.kind);
      EXPECT_EQ(got.value().id, sent.id);
      EXPECT_EQ(got.value().fields, sent.fields);
    }
  });
}
TEST(Protocol, RefusesEveryKindOnAChannelThatIsNotItsOwn) {
  for (const auto& rule : permit_table()) {
    if (!rule.on_gate) expect_refused(sample(rule, Channel::Gate, false), Channel::Gate);
    if (!rule.on_local) expect_refused(sample(rule, Channel::Local, false), Channel::Local);
  }
}
TEST(Protocol, RefusesAKindWithoutANameInTheTable) {
  for (int kind : {0, 2, 9, 13, 59, 74, 65535}) {
    expect_refused(Request{static_cast<RequestKind>(kind), 1, {{FieldId::Terminal, Bytes(32)}}}, Channel::Gate);
  }
}
TEST(Protocol, RefusesARequestThatLacksAnyRequiredFieldTokenOrTerminal) {
  for_each_permitted([](const RequestRule& rule, Channel channel) {
    for (const auto& [id, bytes] : sample(rule, channel, false).fields) {
      Request lacking = sample(rule, channel, false);
      lacking.fields.erase(id);
      expect_refused(lacking, channel);
    }
  });
}
TEST(Protocol, RefusesAFieldThatHasNoPlaceInTheRequest) {
  for_each_permitted([](const RequestRule& rule, Channel channel) {
    for (int id = 0; id <= 64; ++id) {
      Request request = sample(rule, channel, true);
      if (request.fields.contains(static_cast<FieldId>(id))) continue;
      if (static_cast<FieldId>(id) == FieldId::TerminalAuthority && channel == Channel::Gate) continue;  // may be there
      request.fields[static_cast<FieldId>(id)] = bytes_for(static_cast<FieldId>(id), 64);
      expect_refused(request, channel);
    }
  });
}
TEST(Protocol, TakesTheTerminalsAuthorityFromTheGateOnly) {
  Request request{RequestKind::Health, 7, {{FieldId::Terminal, Bytes(32)}, {FieldId::TerminalAuthority, Bytes(32)}}};
  EXPECT_TRUE(check(request, Channel::Gate));
  request.fields[FieldId::TerminalAuthority] = Bytes(31);
  EXPECT_FALSE(check(request, Channel::Gate));
  EXPECT_FALSE(check(Request{RequestKind::Health, 7, {{FieldId::TerminalAuthority, Bytes(32)}}}, Channel::Local));
}

TEST(Protocol, RefusesATerminalFromTheLocalSocketAndASessionWhereNobodyIsNeeded) {
  Request request = sample(rule_of(RequestKind::Login), Channel::Local, true);
  request.fields[FieldId::Terminal] = Bytes(32);
  expect_refused(request, Channel::Local);
  request = sample(rule_of(RequestKind::Login), Channel::Gate, true);
  request.fields[FieldId::Session] = Bytes(32);
  expect_refused(request, Channel::Gate);
}
TEST(Protocol, RefusesEveryFieldOneByteOverItsSizeOrOffItsWidth) {
  for_each_permitted([](const RequestRule& rule, Channel channel) {
    for (const auto& field_rule : rule.fields) {
      Request request = sample(rule, channel, true);
      if (field_rule.most < limits::kMaxField) {
        request.fields[field_rule.id] = Bytes(field_rule.most + 1, '1');
        expect_refused(request, channel);
      }
      if (width_of(field_rule.id) != Width::Text) {
        request.fields[field_rule.id] = Bytes{};
        expect_refused(request, channel);
        request.fields[field_rule.id] = Bytes(width_of(field_rule.id) == Width::Two ? 3 : 2, 9);
        expect_refused(request, channel);
      }
    }
    Request request = sample(rule, channel, true);
    for (FieldId id : {FieldId::Terminal, FieldId::Session, FieldId::SecondSession}) {
      if (!request.fields.contains(id)) continue;
      for (std::size_t size : {0, 31, 33}) {
        request.fields[id] = Bytes(size, 4);
        expect_refused(request, channel);
      }
      request.fields[id] = Bytes(32, 4);
    }
  });
}
TEST(Protocol, RefusesAFlagThatIsNeitherNoughtNorOne) {
  Request request = sample(rule_of(RequestKind::BatchRun), Channel::Local, true);
  request.fields[FieldId::Now] = Bytes{2};
  expect_refused(request, Channel::Local);
}
TEST(Protocol, RefusesDoubledAndDescendingFields) {
  const auto frame = [](std::initializer_list<std::uint16_t> ids) {
    Writer out;
    out.u16(kFormat).u16(static_cast<std::uint16_t>(RequestKind::CertificateShow)).u64(1);
    out.u16(1).blob32(Bytes(32)).u16(2).blob32(Bytes(32));
    for (auto id : ids) out.u16(id).blob32(view_of("x"));
    return out.take();
  };
  EXPECT_TRUE(decode_request(frame({20, 57}), Channel::Gate));
  for (const auto& wrong : {frame({57, 20}), frame({20, 20, 57}), frame({20, 57, 57}), frame({20, 57, 1})}) {
    auto refused = decode_request(wrong, Channel::Gate);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::BadRequest);
  }
}
TEST(Protocol, RefusesEveryTruncationAndATrailingByte) {
  Bytes frame = encode(sample(rule_of(RequestKind::Retrieve), Channel::Gate, true));
  const ByteView payload = ByteView(frame).subspan(kLengthSize);
  for (std::size_t cut = 0; cut < payload.size(); ++cut) {
    auto refused = decode_request(payload.first(cut), Channel::Gate);
    // A cut that falls between two fields leaves a well-formed request; then only optional ones may be gone.
    if (refused) {
      EXPECT_TRUE(check(refused.value(), Channel::Gate)) << cut;
      EXPECT_TRUE(refused.value().fields.contains(FieldId::SearchValue)) << cut;
    }
  }
  frame.push_back(0);
  EXPECT_FALSE(decode(frame, Channel::Gate));
}
TEST(Protocol, RefusesAnotherFormatNumber) {
  Bytes frame = encode(sample(rule_of(RequestKind::Health), Channel::Gate, true));
  frame[kLengthSize + 1] = 2;
  EXPECT_FALSE(decode(frame, Channel::Gate));
  Bytes reply = encode(Reply{0, 1, "{}"});
  reply[kLengthSize + 1] = 2;
  EXPECT_FALSE(decode_reply(ByteView(reply).subspan(kLengthSize)));
}
TEST(Protocol, RefusesALengthThatIsTooShortOrOverTheLimit) {
  const auto refused = [](std::uint32_t length) { return !payload_size(be(length), limits::kMaxRequestFrame); };
  EXPECT_TRUE(refused(0));
  EXPECT_TRUE(refused(11));
  EXPECT_FALSE(refused(12));
  EXPECT_FALSE(refused(limits::kMaxRequestFrame));
  EXPECT_TRUE(refused(limits::kMaxRequestFrame + 1));
  EXPECT_TRUE(refused(0xFFFFFFFFu));
  EXPECT_FALSE(decode_request(Bytes(limits::kMaxRequestFrame + 1), Channel::Gate));
}
TEST(Protocol, TakesAnImportChunkOfTheFullFieldSize) {
  Request request = sample(rule_of(RequestKind::ImportChunk), Channel::Gate, true);
  request.fields[FieldId::Chunk] = Bytes(limits::kMaxField, 'c');
  auto got = decode(encode(request), Channel::Gate);
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().fields[FieldId::Chunk].size(), limits::kMaxField);
}
TEST(ProtocolDeathTest, EncodingAFieldOverTheLimitEndsTheProcess) {
  Request request{RequestKind::ImportChunk, 1, {{FieldId::Chunk, Bytes(limits::kMaxField + 1)}}};
  EXPECT_DEATH({ auto frame = encode(request); }, "");
}
TEST(Protocol, LetsAMissingReasonThroughSoThatTheVaultCanRefuseAndLogIt) {
  Request request = sample(rule_of(RequestKind::Retrieve), Channel::Gate, false);
  EXPECT_FALSE(request.fields.contains(FieldId::ReasonCode));
  EXPECT_TRUE(decode(encode(request), Channel::Gate));
  set(request, FieldId::ReasonCode, std::string_view(""));
  EXPECT_TRUE(decode(encode(request), Channel::Gate));
}

TEST(Protocol, RoundTripsRepliesAndRefusesAStatusThatNoErrorHas) {
  for (std::uint16_t status = 0; status <= kErrorCodeCount; ++status) {
    const Bytes frame = encode(Reply{status, 9, R"({"code":"x"})"});
    auto got = decode_reply(ByteView(frame).subspan(kLengthSize));
    ASSERT_TRUE(got);
    EXPECT_EQ(got.value().status, status);
    EXPECT_EQ(got.value().id, 9u);
    EXPECT_EQ(got.value().body, R"({"code":"x"})");
  }
  Bytes frame = encode(Reply{0, 1, ""});
  frame[kLengthSize + 3] = kErrorCodeCount + 1;
  EXPECT_FALSE(decode_reply(ByteView(frame).subspan(kLengthSize)));
  EXPECT_FALSE(decode_reply(ByteView(frame).subspan(kLengthSize).first(11)));
}
TEST(Protocol, FieldHelpersReadBackWhatTheySet) {
  Request request{RequestKind::Login, 1, {}};
  EXPECT_EQ(text_field(request, FieldId::PersonId), "");
  EXPECT_FALSE(field(request, FieldId::PersonId));
  set(request, FieldId::PersonId, std::string_view("山田"));
  set_u64(request, FieldId::Offset, 0x0102030405060708);
  EXPECT_EQ(text_field(request, FieldId::PersonId), "山田");
  EXPECT_EQ(to_hex(*field(request, FieldId::Offset)), "0102030405060708");
}
TEST(Protocol, WipesEverySecretFieldAndOnlyThose) {
  Request request = sample(rule_of(RequestKind::PersonAdd), Channel::Local, true);
  request.fields[FieldId::Code] = Bytes(6, '1');
  wipe_secrets(request);
  for (auto id : {FieldId::Password, FieldId::Code, FieldId::TotpSecret, FieldId::Session, FieldId::SecondSession}) {
    EXPECT_TRUE(request.fields[id].empty());
  }
  EXPECT_EQ(text_field(request, FieldId::PersonId), "777777");
}

TEST(BareReply, IsAReplyWithoutABodyThatTakesNoMemory) {
  const auto frame = encode_bare(status_of(ErrorCode::OutOfMemory), 0x0102030405060708);
  const Reply same{status_of(ErrorCode::OutOfMemory), 0x0102030405060708, {}};
  EXPECT_EQ(Bytes(frame.begin(), frame.end()), encode(same));
  const auto payload = ByteView(frame).subspan(kLengthSize);
  EXPECT_EQ(id_in(payload), 0x0102030405060708u);
  EXPECT_EQ(id_in(payload.first(kHeadSize - 1)), 0u);
}

}  // namespace
}  // namespace shosoin::protocol
