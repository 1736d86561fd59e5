// Rows that stand in no box: meta, outbox, epoch, evidence, cleanup. What they say is vouched for elsewhere (the
// journal, the TPM, a signature); the digest behind the value tells a damaged one from a whole one before it is used
// (format: generations.md). Any thread.
#pragma once

#include "storage/engine/engine.h"

namespace shosoin::generations {

// value || SHA-256("shosoin/plain-row" || table(2) || length(2) key || value)
Bytes seal_plain(engine::Table table, ByteView key, ByteView value);
Result<ByteView> open_plain(engine::Table table, ByteView key, ByteView stored);  // a view into `stored`; Integrity

Result<void> put_plain(engine::WriteTransaction& transaction, engine::Table table, ByteView key, ByteView value);
// A view as transactions give them; none when the key is not there.
Result<std::optional<ByteView>> get_plain(const engine::ReadTransaction& transaction, engine::Table table,
                                          ByteView key);
// From the first key >= from; Integrity at the first damaged row.
Result<void> scan_plain(const engine::ReadTransaction& transaction, engine::Table table, ByteView from,
                        const engine::Visitor& visit);

}  // namespace shosoin::generations
