#include "admin-api/gate/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "firmware/base/limits_clients.h"
#include "firmware/base/log.h"

namespace shosoin::gate {
namespace {

namespace fs = std::filesystem;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
struct FreeList {
  void operator()(X509_CRL* list) const { X509_CRL_free(list); }
};
using Memory = std::unique_ptr<BIO, FreeBio>;

Error wrong(Literal doing) { return Error{ErrorCode::Settings, doing, static_cast<std::int64_t>(ERR_get_error())}; }

// The end of a PEM file is the only error that is none.
bool came_to_the_end() {
  const auto last = ERR_peek_last_error();
  const bool end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return end;
}

// A list binds the authority that made it. An authority without one is not held up for it (the vault's own list of
// terminals is asked at each request), and a list past its time still says what was revoked; that is an alarm.
int pass_over(int good, X509_STORE_CTX* context) {
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      X509_STORE_CTX_set_error(context, X509_V_OK);
      return 1;
    default:
      return good;
  }
}

Result<std::vector<std::string>> files_at(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  for (fs::directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() == ".pem") out.push_back(at->path());
    if (out.size() > limits::kMaxAuthorities)
      return Error{ErrorCode::Settings, "hold so many authorities of terminals"};
  }
  if (failed) return Error{ErrorCode::Settings, "list the terminals' authorities", failed.value()};
  std::ranges::sort(out);
  return out;
}

Result<std::string> text_of_file(const std::string& path) {
  std::error_code unknown;
  const auto size = fs::file_size(path, unknown);
  if (unknown) return Error{ErrorCode::Settings, "find a file of authorities or revocations", unknown.value()};
  if (size > limits::kMaxTrustFile)
    return Error{ErrorCode::Settings, "hold a file of authorities or revocations to its size"};
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    return Error{ErrorCode::Settings, "read a file of authorities or revocations", errno};
  return text;
}

}  // namespace

STACK_OF(X509_NAME) * Anchors::names() const {
  if (authorities_.size() > limits::kAuthoritiesTold) return nullptr;
  auto* out = sk_X509_NAME_new_null();
  for (const auto& authority : authorities_) {
    sk_X509_NAME_push(out, X509_NAME_dup(X509_get_subject_name(authority.get())));
  }
  return out;
}

bool Anchors::still_takes(X509* certificate, STACK_OF(X509) * sent_with_it) const {
  const std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
  return context && X509_STORE_CTX_init(context.get(), store_.get(), certificate, sent_with_it) == 1 &&
         X509_STORE_CTX_set_default(context.get(), "ssl_client") == 1 && X509_verify_cert(context.get()) == 1;
}

bool Anchors::has_stale_list(std::time_t now) const {
  return std::ranges::any_of(next_updates_, [&](std::time_t until) { return until < now; });
}

Result<void> Anchors::add_authorities(const std::string& pem) {
  const Memory in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ERR_clear_error();
  bool any = false;
  while (true) {
    std::unique_ptr<X509, FreeCertificate> one(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    any = true;
    if (X509_check_ca(one.get()) != 1)
      return Error{ErrorCode::Settings, "take a certificate as an authority of terminals"};
    if (X509_STORE_add_cert(store_.get(), one.get()) != 1) return wrong("take an authority of terminals");
    authorities_.push_back(std::move(one));
    if (authorities_.size() > limits::kMaxAuthorities)
      return Error{ErrorCode::Settings, "hold so many authorities of terminals"};
  }
  if (!came_to_the_end() || !any) return Error{ErrorCode::Settings, "read the terminals' authority"};
  return success();
}

Result<void> Anchors::add_lists(const std::string& pem) {
  const Memory in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  ERR_clear_error();
  while (true) {
    const std::unique_ptr<X509_CRL, FreeList> list(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr));
    if (!list) break;
    const bool ours = std::ranges::any_of(authorities_, [&](const auto& authority) {
      return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(authority.get())) == 0 &&
             (X509_get_key_usage(authority.get()) & KU_CRL_SIGN) != 0 &&  // else every handshake would fail on the list
             X509_CRL_verify(list.get(), X509_get0_pubkey(authority.get())) == 1;
    });
    if (!ours) return Error{ErrorCode::Settings, "find the authority that signed a revocation list"};
    if (X509_STORE_add_crl(store_.get(), list.get()) != 1) return wrong("take a revocation list");
    ++lists_;
    std::tm until{};
    if (const auto* next = X509_CRL_get0_nextUpdate(list.get());
        next != nullptr && ASN1_TIME_to_tm(next, &until) == 1) {
      next_updates_.push_back(::timegm(&until));
    }
  }
  if (!came_to_the_end() || lists_ == 0) return Error{ErrorCode::Settings, "read the revocation lists"};
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  X509_STORE_set_verify_cb(store_.get(), pass_over);
  return success();
}

Result<std::string> Trust::look() const {
  TRY(auto paths, files_at(files_.authorities));
  if (!files_.revoked.empty()) paths.push_back(files_.revoked);
  std::string seen;
  for (const auto& path : paths) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0)
      return Error{ErrorCode::Settings, "find a file of authorities or revocations", errno};
    for (const auto part : {static_cast<long long>(about.st_dev), static_cast<long long>(about.st_ino),
                            static_cast<long long>(about.st_size), static_cast<long long>(about.st_mtim.tv_sec),
                            static_cast<long long>(about.st_mtim.tv_nsec), static_cast<long long>(about.st_ctim.tv_sec),
                            static_cast<long long>(about.st_ctim.tv_nsec)}) {
      seen += std::to_string(part) + ' ';
    }
    seen += path + '\n';
  }
  return seen;
}

Result<std::shared_ptr<Anchors>> Trust::read() const {
  auto anchors = std::make_shared<Anchors>();
  TRY(const auto paths, files_at(files_.authorities));
  for (const auto& path : paths) {
    TRY(const auto text, text_of_file(path));
    TRY(anchors->add_authorities(text));
  }
  if (anchors->authorities_.empty()) return Error{ErrorCode::Settings, "find an authority of terminals"};
  if (!files_.revoked.empty()) {
    TRY(const auto text, text_of_file(files_.revoked));
    TRY(anchors->add_lists(text));
  }
  return anchors;
}

Result<std::unique_ptr<Trust>> Trust::open(TrustFiles files) {
  std::unique_ptr<Trust> trust(new Trust(std::move(files)));
  TRY(trust->seen_, trust->look());
  TRY(auto anchors, trust->read());
  anchors->generation_ = 1;
  trust->alarm_when_stale(*anchors);
  trust->anchors_ = std::move(anchors);
  return trust;
}

std::shared_ptr<const Anchors> Trust::now() const {
  const std::lock_guard lock(mutex_);
  return anchors_;
}

// The state that was looked at before reading is remembered: what is written while we read is read in the next round.
Trust::Seen Trust::refresh(bool even_if_unchanged) {
  alarm_when_stale(*anchors_);
  auto seen = look();
  const std::string state = seen ? seen.value() : std::string("?");
  if (state == seen_ && !even_if_unchanged) return Seen::Unchanged;
  seen_ = state;
  auto anchors = seen ? read() : Result<std::shared_ptr<Anchors>>(seen.error());
  if (!anchors) {
    oplog::failure("ALARM: authorities or revocation list cannot be read; the gate goes on with the old ones",
                   anchors.error());
    return Seen::Broken;
  }
  anchors.value()->generation_ = anchors_->generation() + 1;
  next_alarm_ = {};
  alarm_when_stale(*anchors.value());
  const std::lock_guard lock(mutex_);
  anchors_ = std::move(anchors).value();
  return Seen::Replaced;
}

void Trust::alarm_when_stale(const Anchors& anchors) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_alarm_ || !anchors.has_stale_list(std::time(nullptr))) return;
  next_alarm_ = now + limits::kStaleListAlarm;
  oplog::warning("ALARM: a revocation list is past its nextUpdate; it stays in force until a new one is put in place");
}

}  // namespace shosoin::gate
