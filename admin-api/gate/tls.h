// The gate's TLS: version 1.3 only, named groups and suites, client certificates of our own authority required.
// Start-up only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "admin-api/gate/settings.h"

namespace shosoin::gate {

Result<void> prepare_tls(boost::asio::ssl::context& context, const Settings& settings);

}  // namespace shosoin::gate
