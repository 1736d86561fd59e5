#include "admin-api/service/linking.h"

namespace shosoin::service {
namespace {

constexpr std::size_t kIntegratedDigits =
    15;                      // 団体内統合宛名番号 as one real exchange writes it (domain notes, section 1)
constexpr int kDraws = 100;  // 10^15 numbers: a second draw is rare already

std::string draw_digits() {
  std::string out;
  while (out.size() < kIntegratedDigits) {
    std::array<std::uint8_t, 32> bytes{};
    fill_random(bytes);
    for (const auto byte : bytes) {
      if (byte < 250 && out.size() < kIntegratedDigits) out.push_back(static_cast<char>('0' + byte % 10));
    }
  }
  return out;
}

}  // namespace

Result<std::string> Linker::new_integrated_number() {
  for (int i = 0; i < kDraws; ++i) {
    auto number = draw_digits();
    if (drawn_.contains(number)) continue;
    TRY(const bool taken, store_.any(TableId::SubjectLinks, addressee_bytes(number)));
    if (taken) continue;
    drawn_.insert(number);
    return number;
  }
  return Error{ErrorCode::Internal, "draw an integrated addressee number"};
}

// A number known to the tenant keeps its 団体内統合宛名番号; a new one gets one here (seeds 000, 002). The entry is
// written in either case: an erasure meanwhile may have taken it with the subject's last record.
Result<Linker::Link> Linker::link(const Row& row) {
  Link link;
  if (!row.number) {
    TRY(link.integrated, new_integrated_number());
    return link;
  }
  const auto token = code_token(store_, row.number->reveal());
  auto& known = numbers_[to_hex(token)];
  if (known.empty()) {
    TRY(auto stored, store_.get({TableId::Addressees, token}));
    if (stored) {
      known = std::string(text_of(*stored));
    } else {
      TRY(known, new_integrated_number());
    }
    link.entry = Entry{{TableId::Addressees, token}, copy_of(view_of(known))};
  }
  link.integrated = known;
  return link;
}

}  // namespace shosoin::service
