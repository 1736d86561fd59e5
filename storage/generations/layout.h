// The tables of a tenant's environment and of the appliance's, with their plain keys (format page: generations.md). Constants.
#pragma once

#include "firmware/base/codec.h"
#include "firmware/base/ids.h"
#include "firmware/base/limits.h"
#include "storage/engine/engine.h"
#include "storage/generations/plain_row.h"

namespace shosoin::generations {

// Frozen names and order.
inline constexpr engine::Table kMeta{0};    // plain: "format" -> u16, "tenant" -> 16 B, "seq" -> u64: the last change_seq, "rebuilt" -> u64
inline constexpr engine::Table kRows{1};    // row id -> encrypted record row
inline constexpr engine::Table kBlocks{2};  // gid || number u64 -> boxed block
inline constexpr engine::Table kHeads{3};   // gid -> boxed header; gid || part u32 -> boxed directory part
inline constexpr engine::Table kDelta{4};   // gid || change_seq u64 -> boxed, padded delta row
inline constexpr engine::Table kOutbox{5};  // plain: change_seq u64 -> finished frame (journal::encode_draft)
// appliance environment only
inline constexpr engine::Table kEpoch{6};     // plain: "current", "previous" -> epoch state
inline constexpr engine::Table kTenants{7};   // epoch u64 || tenant -> outer box: the tenant table
inline constexpr engine::Table kEvidence{8};  // plain: epoch u64 -> manifest and TPM attestations
inline constexpr engine::Table kCleanup{9};   // plain: tenant || row id -> empty: rows an erasure has left behind

inline constexpr std::uint16_t kStoreFormat = 1;        // of a generation
inline constexpr std::uint16_t kEnvironmentFormat = 2;  // of an environment: since 2, plain rows carry a digest

inline engine::EnvironmentOptions tenant_layout() {
  return {{"meta", "rows", "blocks", "heads", "delta", "outbox"}, limits::kEnvironmentMapSize};
}
inline engine::EnvironmentOptions appliance_layout() {
  return {{"meta", "rows", "blocks", "heads", "delta", "outbox", "epoch", "tenants", "evidence", "cleanup"},
          limits::kEnvironmentMapSize};
}
inline Bytes gid_key(const GenerationId& gid, std::uint64_t number) { return Writer{}.raw(gid.view()).u64(number).take(); }
inline Bytes part_key(const GenerationId& gid, std::uint32_t part) { return Writer{}.raw(gid.view()).u32(part).take(); }
inline Bytes seq_key(std::uint64_t seq) { return Writer{}.u64(seq).take(); }
inline Bytes name_key(std::string_view name) { return copy_of(view_of(name)); }

}  // namespace shosoin::generations
