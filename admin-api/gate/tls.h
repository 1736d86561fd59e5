// The gate's TLS: version 1.3 only, named groups and suites, a client certificate required. Whose certificates are
// taken is set for each connection from Trust. Start-up only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "admin-api/gate/settings.h"

namespace shosoin::gate {

// names: the server names that a client may ask for (RFC 6066 section 3); empty: settings name addresses only, and any
// is taken. The context keeps a reference to it.
Result<void> prepare_tls(boost::asio::ssl::context& context, const Settings& settings, std::vector<std::string>& names);

}  // namespace shosoin::gate
