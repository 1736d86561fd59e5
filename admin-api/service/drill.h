// `shosoin drill old-image`: on an installation for demonstration or tests, with the vault at rest, shows what a copy
// of the disks from before an erasure is worth after it. Made-up records of a tenant of its own are erased, nobody's
// else. One thread.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>

#include "admin-api/service/settings.h"
#include "firmware/base/clock.h"
#include "firmware/base/result.h"

namespace shosoin::service {

// The drill's own tenant: no 全国地方公共団体コード that exists.
inline constexpr std::string_view kDrillTenant = "000000";

// image: where the copy of the disks goes; must not exist. NotPermitted: the TPM is a real one, or tpm.hardware_only is
// set. Integrity: the drill found something it must not find; the answer says what.
Result<boost::json::object> drill_old_image(const Settings& settings, const std::filesystem::path& image,
                                            const Clock& clock);

}  // namespace shosoin::service
