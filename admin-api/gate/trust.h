// Whose certificates the gate takes: the authorities of the terminals and the lists of what these have revoked, read
// from files and replaced as a whole when a file changes. What cannot be read changes nothing: the old state stays.
// open and refresh: one thread; now: any.
#pragma once

#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "firmware/base/result.h"

namespace shosoin::gate {

struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

// One state of the files. Immutable; any thread.
class Anchors {
 public:
  X509_STORE* store() const { return store_.get(); }  // the library counts references itself
  STACK_OF(X509_NAME) * names() const;                // a copy for one handshake; null when there are too many to tell
  std::uint64_t generation() const { return generation_; }
  // Whether a certificate that was taken once would be taken now.
  bool still_takes(X509* certificate, STACK_OF(X509) * sent_with_it) const;
  std::size_t authorities() const { return authorities_.size(); }
  std::size_t lists() const { return lists_; }
  bool has_stale_list(std::time_t now) const;

 private:
  friend class Trust;
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  Result<void> add_authorities(const std::string& pem);
  Result<void> add_lists(const std::string& pem);
  std::unique_ptr<X509_STORE, FreeStore> store_{X509_STORE_new()};
  std::vector<std::unique_ptr<X509, FreeCertificate>> authorities_;
  std::vector<std::time_t> next_updates_;
  std::size_t lists_ = 0;
  std::uint64_t generation_ = 0;
};

struct TrustFiles {
  std::string authorities;  // a PEM file, or a directory whose *.pem are read
  std::string revoked;      // a PEM file of revocation lists; empty: none is kept
};

class Trust {
 public:
  static Result<std::unique_ptr<Trust>> open(TrustFiles files);
  std::shared_ptr<const Anchors> now() const;
  enum class Seen { Unchanged, Replaced, Broken };  // Broken: an alarm has been written, the old state stays
  Seen refresh(bool even_if_unchanged);

 private:
  explicit Trust(TrustFiles files) : files_(std::move(files)) {}
  Result<std::shared_ptr<Anchors>> read() const;
  Result<std::string> look() const;  // what tells one state of the files from another
  void alarm_when_stale(const Anchors& anchors);

  const TrustFiles files_;
  std::string seen_;
  std::chrono::steady_clock::time_point next_alarm_{};
  mutable std::mutex mutex_;
  std::shared_ptr<const Anchors> anchors_;
};

}  // namespace shosoin::gate
