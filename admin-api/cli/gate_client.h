// HTTPS to the gate, with the terminal's certificate: TLS 1.3 or nothing, no proxy, no redirect, bounded answers. Where
// the gate is comes from options or a profile file. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <vector>

#include "admin-api/cli/session_file.h"
#include "firmware/base/result.h"

namespace shosoin::cli {

class Context;

struct GateOptions {
  std::string url, authority_file, certificate,
      private_key;  // --url --ca --cert --key, or the profile's url, ca, cert, key
  std::string session_file;
  bool takes_session = false;  // else the profile's session is not looked at: login is what makes it
};
// Adds --url, --ca, --cert, --key, --profile and, where asked, --session to a command.
enum class WithSession { No, Yes };
void add_gate_options(CLI::App* command, Context& context, const std::shared_ptr<GateOptions>& options,
                      WithSession session);

// --cursor, as an answer told it; what a copied line brings behind it is left out.
void add_cursor_option(CLI::App* command, std::string& cursor);

struct GateRequest {
  std::string_view method;  // GET, POST, DELETE
  std::string path;         // "/v1/..."
  std::string body;         // wiped by the client; empty: none
  std::string body_file;    // streamed instead of body
  std::string content_type;
  std::string idempotency_key;  // optional
};

class GateClient {
 public:
  // Reads the profile and the session, and sends nothing: what is missing is told before anybody is asked for a code.
  static Result<GateClient> open(Context& context, GateOptions options);
  GateClient(GateClient&&) noexcept;
  GateClient& operator=(GateClient&&) = delete;
  ~GateClient();
  // The answer's JSON (null for 204). A problem comes back as the error its type names, with pointer and detail told to
  // the context.
  Result<boost::json::value> ask(Context& context, GateRequest request);
  // The answer as it was sent: certificates are compared byte by byte.
  Result<std::string> fetch(Context& context, GateRequest request);

 private:
  struct Handle;
  explicit GateClient(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

// open, ask, show.
Result<void> act_through_gate(Context& context, const GateOptions& options, GateRequest request);

}  // namespace shosoin::cli
