#include "admin-api/service/retention/batch_cap.h"
#include "admin-api/service/refusal.h"

#include <fmt/core.h>

#include "firmware/base/codec.h"

namespace shosoin::service {

Result<bool> asks_beyond_cap(Parts& parts, Context& context) {
  const auto field = protocol::field(context.request, protocol::FieldId::Epoch);
  if (!field) return false;
  Reader in(*field);
  if (in.u64() != parts.appliance.status().epoch + 1) {
    return refuse_in_words(context,
                           context.refuse(ErrorCode::InvalidContent, "match the epoch two persons have read", "/epoch"),
                           {"次のエポックの番号と違います。断られたときに示された番号を、二人で確かめてください。",
                            "Not the number of the next epoch: both read it off the refusal."});
  }
  context.target["beyondCap"] = true;
  return true;
}

Error refuse_at_cap(Parts& parts, Context& context, Error error) {
  const auto next = parts.appliance.status().epoch + 1;
  return refuse_in_words(
      context, std::move(error),
      {fmt::format("24時間のバッチの上限({}回)に達しました。TPMのNV領域は、これまでに一領域あたりおよそ{}"
                   "回書かれています(一回のバッチで"
                   "一回。寿命はTPMの仕様書で確かめる)。待てないときは、二人で --beyond-cap {} を付けて行います。",
                   parts.settings.daily_batches, next - 1, next),
       fmt::format(
           "The cap of batches within 24 hours ({}) is reached. Each NV index of the TPM has been written about {} "
           "times so far, once a batch; its data sheet says how often it may be. Where it cannot wait, two persons "
           "say --beyond-cap {}.",
           parts.settings.daily_batches, next - 1, next)});
}

}  // namespace shosoin::service
