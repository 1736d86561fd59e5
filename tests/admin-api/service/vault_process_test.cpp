// The vault as a process: start-up, both sockets, confinement, its end, and a kill in between.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "crypto/totp.h"
#include "firmware/base/disk.h"
#include "tests/admin-api/service/service_world.h"

namespace shosoin::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, path.native().size());
    connected_ = ::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  void send(ByteView bytes) {
    EXPECT_EQ(::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  std::optional<protocol::Reply> receive() {
    std::array<std::uint8_t, 4> head{};
    if (::recv(socket_.number(), head.data(), head.size(), MSG_WAITALL) != 4) return std::nullopt;
    Bytes payload(from_be<std::uint32_t>(head));
    if (::recv(socket_.number(), payload.data(), payload.size(), MSG_WAITALL) != static_cast<ssize_t>(payload.size()))
      return std::nullopt;
    return protocol::decode_reply(payload).value();
  }
  protocol::Reply ask(Kind kind, Fields fields) {
    protocol::Request request{kind, 42, {}};
    for (const auto& [id, text] : fields) protocol::set(request, id, text);
    send(protocol::encode(request));
    return receive().value();
  }

 private:
  disk::Descriptor socket_;
  bool connected_ = false;
};

class VaultProcess : public ::testing::Test {
 protected:
  support::TemporaryDirectory place;
  Swtpm tpm;
  SystemClock clock;
  service::Settings settings = settings_in(place.path(), tpm);
  Human officer = make_human("officer-1v");
  pid_t child = -1;

  void SetUp() override {
    service::InitInput input;
    input.officers[0] = officer_input(officer, 1);
    input.officers[1] = officer_input(make_human("officer-2v"), 2);
    input.share_directory = place.path() / "shares";
    ASSERT_TRUE(service::initialise_appliance(settings, input, clock));
    std::ofstream out(place.path() / "shosoin.toml");
    out << "[vault]\ndata_directory = " << settings.data_directory
        << "\nstate_copy_directory = " << settings.state_copy_directory << "\ngate_socket = " << settings.gate_socket
        << "\nadmin_socket = " << settings.admin_socket << "\n[tpm]\ntcti = \"" << settings.tcti
        << "\"\nauth_file = " << settings.auth_file << "\n[boot]\nsigner_public_key = " << settings.signer_public_key
        << "\napprovals = " << settings.boot_approvals << "\n";
  }
  void TearDown() override {
    if (child > 0) stop(SIGKILL);
  }
  void start() {
    child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(service::run_vault(place.path() / "shosoin.toml"));
    for (int i = 0; i < 300; ++i) {
      if (Client(settings.admin_socket).connected()) return;
      ::usleep(20'000);
    }
    FAIL() << "the vault does not listen";
  }
  int stop(int signal) {
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    child = -1;
    return status;
  }
  protocol::Reply login(Client& client) {
    const auto step =
        static_cast<std::uint64_t>(clock.now().time_since_epoch().count()) / 1000 / limits::kTotpStepSeconds;
    return client.ask(Kind::Login, {{FieldId::PersonId, officer.id},
                                    {FieldId::Password, officer.password},
                                    {FieldId::Code, crypto::totp_code(officer.totp, step)}});
  }
};

TEST_F(VaultProcess, ServesAfterConfinementAndKeepsSessionsAcrossAKill) {
  start();
  Client client(settings.admin_socket);
  const auto opened = login(client);
  ASSERT_EQ(opened.status, 0) << opened.body;
  EXPECT_EQ(opened.id, 42u);
  const auto token = std::string(text_of(from_base64url(json::parse(opened.body).at("session").as_string()).value()));
  EXPECT_EQ(client.ask(Kind::Status, {{FieldId::Session, token}}).status, 0);
  EXPECT_EQ(client.ask(Kind::StorageCheck, {{FieldId::Session, token}}).status, 0);
  EXPECT_EQ(client.ask(Kind::JournalWalk, {{FieldId::Session, token}}).status, 0);
  stop(SIGKILL);
  start();
  Client again(settings.admin_socket);
  const auto status = again.ask(Kind::Status, {{FieldId::Session, token}});
  EXPECT_EQ(status.status, 0) << status.body;
  EXPECT_EQ(stop(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(settings.admin_socket));
}

TEST_F(VaultProcess, AnswersOnlyWhatTheChannelMayAskAndClosesIt) {
  start();
  Client gate(settings.gate_socket);
  const auto health = gate.ask(Kind::Health, {{FieldId::Terminal, std::string(32, 'x')}});
  EXPECT_EQ(health.status, 0);
  EXPECT_TRUE(json::parse(health.body).at("ready").as_bool());
  EXPECT_TRUE(json::parse(health.body).at("softwareTpm").as_bool());
  protocol::Request request{Kind::TenantList, 1, {}};  // local only
  protocol::set(request, FieldId::Session, std::string(32, 'x'));
  gate.send(protocol::encode(request));
  const auto reply = gate.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, static_cast<unsigned>(ErrorCode::BadRequest) + 1);
  EXPECT_FALSE(gate.receive());
  Client other(settings.gate_socket);
  other.send(Bytes{0xFF, 0xFF, 0xFF, 0xFF});
  EXPECT_FALSE(other.receive());
  EXPECT_EQ(std::filesystem::status(settings.gate_socket).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write |
                std::filesystem::perms::group_read | std::filesystem::perms::group_write);
}

TEST_F(VaultProcess, EndsWithTheTablesCodeWhenTheSettingsAreWrong) {
  std::ofstream(place.path() / "shosoin.toml", std::ios::app) << "\n[sesions]\n";
  child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(service::run_vault(place.path() / "shosoin.toml"));
  int status = 0;
  ::waitpid(child, &status, 0);
  child = -1;
  EXPECT_EQ(WEXITSTATUS(status), error_row(ErrorCode::Settings).exit_code);
}

}  // namespace
}  // namespace shosoin::test
