#include "admin-api/cli/gate_client.h"

#include <curl/curl.h>
#include <sys/stat.h>

#include <cstdio>
#include <utility>

#include "admin-api/cli/context.h"
#include "admin-api/cli/files.h"
#include "admin-api/cli/flat_file.h"
#include "admin-api/cli/report.h"
#include "crypto/canonical_json.h"
#include "firmware/base/limits.h"
#include "firmware/memory/secret.h"

namespace shosoin::cli {
namespace {

constexpr std::size_t kMaxProfile = 16u << 10;

Result<void> read_profile(Context& context, GateOptions& options) {
  if (context.profile.empty()) return success();
  auto text = read_text(context.profile, kMaxProfile);
  if (!text) return context.explain(text.error(), {}, context.profile);
  FlatFault fault;
  auto parsed = parse_flat(text.value(), {"url", "ca", "cert", "key", "session"}, fault);
  if (!parsed) return context.explain(parsed.error(), fault.place, context.profile);
  const auto fill = [&](std::string& to, const char* name) {
    if (to.empty()) to = parsed.value()[name];
  };
  fill(options.url, "url");
  fill(options.authority_file, "ca");
  fill(options.certificate, "cert");
  fill(options.private_key, "key");
  if (options.takes_session) fill(options.session_file, "session");
  return success();
}

struct Answer {
  std::string body;
  bool too_large = false;
};
std::size_t take_answer(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& answer = *static_cast<Answer*>(to);
  if (answer.body.size() + size * count > limits::kMaxReplyFrame) {
    answer.too_large = true;
    return 0;
  }
  answer.body.append(bytes, size * count);
  return size * count;
}
std::size_t give_file(char* bytes, std::size_t size, std::size_t count, void* from) {
  return std::fread(bytes, size, count, static_cast<std::FILE*>(from));
}

// The problem type ends in the slug of the one error table (RFC 9457).
Error problem_of(Context& context, const boost::json::value& body, long status) {
  if (!body.is_object()) return Error{ErrorCode::Unavailable, "understand the gate's answer"};
  const auto word = [&](const char* name) {
    const auto* member = body.get_object().if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
  };
  std::string slug = word("code");
  if (slug.empty()) {
    slug = word("type");
    const auto cut = slug.find_last_of("/:");
    if (cut != std::string::npos) slug.erase(0, cut + 1);
  }
  const auto known = code_of_slug(slug);
  const auto code = known.value_or(status < 500 ? ErrorCode::BadRequest : ErrorCode::Unavailable);
  return context.explain(Error{code, "ask the gate"}, word("pointer"),
                         with_values(word(known ? "detail" : "title"), body.get_object()));
}

class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_slist_free_all(list_); }
  void add(std::string line) {
    list_ = curl_slist_append(list_, line.c_str());
    memory::wipe(line);
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

struct GateClient::Handle {
  CURL* curl = nullptr;
  GateOptions options;
  Session session;
  bool has_session = false;
  ~Handle() { curl_easy_cleanup(curl); }
};

GateClient::GateClient(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
GateClient::GateClient(GateClient&&) noexcept = default;
GateClient::~GateClient() = default;

void add_gate_options(CLI::App* command, Context& context, const std::shared_ptr<GateOptions>& options,
                      WithSession session) {
  command->add_option("--url", options->url, "ゲートのURL / the gate, e.g. https://shosoin.example.lg.jp:8443");
  command->add_option("--ca", options->authority_file,
                      "ゲート証明書の認証局(PEM) / authority of the gate's certificate");
  command->add_option("--cert", options->certificate, "端末証明書(PEM) / this terminal's certificate");
  command->add_option("--key", options->private_key, "端末の秘密鍵(PEM) / its private key");
  command->add_option("--profile", context.profile,
                      "url, ca, cert, key, session を書いたTOML / the same in one TOML file");
  options->takes_session = session == WithSession::Yes;
  if (options->takes_session) {
    command->add_option("--session", options->session_file, "ログインで作られたファイル / the file login made");
  }
}

void add_cursor_option(CLI::App* command, std::string& cursor) {
  command->add_option_function<std::string>(
      "--cursor", [&cursor](const std::string& text) { cursor = text.substr(0, text.find_last_not_of(" \t\r\n") + 1); },
      "続き。前の答えのcursor / go on; cursor of the answer before");
}

Result<GateClient> GateClient::open(Context& context, GateOptions options) {
  TRY(read_profile(context, options));
  if (options.url.empty() || options.authority_file.empty() || options.certificate.empty() ||
      options.private_key.empty()) {
    return context.explain(Error{ErrorCode::BadRequest, "find the gate"}, {}, "--url --ca --cert --key | --profile");
  }
  if (options.takes_session && options.session_file.empty()) {
    return context.explain(
        Error{ErrorCode::BadRequest, "find the session"}, {},
        std::string(context.pick({"--session を指定するか、--profile のファイルに session を書いてください。",
                                  "Give --session, or put session into the file of --profile."})));
  }
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  auto handle = std::make_unique<Handle>();
  handle->options = std::move(options);
  handle->curl = curl_easy_init();
  if (!started || handle->curl == nullptr) return Error{ErrorCode::Internal, "start the HTTPS client"};
  if (!handle->options.session_file.empty()) {
    TRY(handle->session, read_session(context, handle->options.session_file));
    handle->has_session = true;
  }
  return GateClient(std::move(handle));
}

Result<std::string> GateClient::fetch(Context& context, GateRequest request) {
  auto& handle = *handle_;
  CURL* curl = handle.curl;
  curl_easy_reset(curl);
  const std::string url = handle.options.url + request.path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
  curl_easy_setopt(curl, CURLOPT_CAINFO, handle.options.authority_file.c_str());
  curl_easy_setopt(curl, CURLOPT_SSLCERT, handle.options.certificate.c_str());
  curl_easy_setopt(curl, CURLOPT_SSLKEY, handle.options.private_key.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(limits::kCommandLinePatience.count()));
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, std::string(request.method).c_str());
  HeaderList headers;
  headers.add(std::string("Accept: application/json"));
  headers.add(std::string("Accept-Language: ") + (context.japanese() ? "ja" : "en"));
  headers.add(std::string("Expect:"));
  if (handle.has_session) headers.add("Authorization: Bearer " + to_base64url(handle.session.token));
  if (!request.content_type.empty()) headers.add("Content-Type: " + request.content_type);
  if (!request.idempotency_key.empty()) headers.add("Idempotency-Key: " + request.idempotency_key);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  std::unique_ptr<std::FILE, FileCloser> file;
  if (!request.body_file.empty()) {
    file.reset(std::fopen(request.body_file.c_str(), "rbe"));
    struct stat facts {};
    if (!file || ::fstat(::fileno(file.get()), &facts) != 0 || !S_ISREG(facts.st_mode)) {
      return context.explain(Error{ErrorCode::BadRequest, "open the file to send", errno}, {}, request.body_file);
    }
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_file);
    curl_easy_setopt(curl, CURLOPT_READDATA, file.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(facts.st_size));
  } else if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  Answer answer;
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode done = curl_easy_perform(curl);
  memory::wipe(request.body);
  if (answer.too_large) return Error{ErrorCode::TooLarge, "hold the gate's answer to its size"};
  if (done != CURLE_OK) {
    return context.explain(Error{ErrorCode::Unavailable, "reach the gate", static_cast<std::int64_t>(done)}, {},
                           curl_easy_strerror(done));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return std::move(answer.body);
  const auto problem = crypto::parse_strict(answer.body);
  return problem_of(context, problem ? problem.value() : boost::json::value(), status);
}

Result<boost::json::value> GateClient::ask(Context& context, GateRequest request) {
  TRY(auto text, fetch(context, std::move(request)));
  if (text.empty()) return boost::json::value();
  auto parsed = crypto::parse_strict(text);
  memory::wipe(text);
  return parsed;
}

Result<void> act_through_gate(Context& context, const GateOptions& options, GateRequest request) {
  TRY(auto client, GateClient::open(context, options));
  TRY(auto reply, client.ask(context, std::move(request)));
  if (!reply.is_null()) context.show(reply);
  return success();
}

}  // namespace shosoin::cli
