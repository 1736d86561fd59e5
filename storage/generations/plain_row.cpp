#include "storage/generations/plain_row.h"

#include "crypto/hash.h"

namespace shosoin::generations {
namespace {

constexpr std::string_view kLabel = "shosoin/plain-row";

Digest digest_of(engine::Table table, ByteView key, ByteView value) {
  return crypto::sha256({view_of(kLabel), be(static_cast<std::uint16_t>(table.index)),
                         be(static_cast<std::uint16_t>(key.size())), key, value});
}

}  // namespace

Bytes seal_plain(engine::Table table, ByteView key, ByteView value) {
  Bytes stored = copy_of(value);
  append(stored, digest_of(table, key, value));
  return stored;
}
Result<ByteView> open_plain(engine::Table table, ByteView key, ByteView stored) {
  constexpr std::size_t kDigest = sizeof(Digest);
  const Error broken{ErrorCode::Integrity, "read a row of an environment: it is damaged",
                     static_cast<std::int64_t>(table.index)};
  if (stored.size() < kDigest) return broken;
  const auto value = stored.first(stored.size() - kDigest);
  if (!equal(digest_of(table, key, value), stored.last(kDigest))) return broken;
  return value;
}

Result<void> put_plain(engine::WriteTransaction& transaction, engine::Table table, ByteView key, ByteView value) {
  return transaction.put(table, key, seal_plain(table, key, value));
}
Result<std::optional<ByteView>> get_plain(const engine::ReadTransaction& transaction, engine::Table table,
                                          ByteView key) {
  TRY(auto stored, transaction.get(table, key));
  if (!stored) return std::optional<ByteView>{};
  TRY(auto value, open_plain(table, key, *stored));
  return std::optional<ByteView>{value};
}
Result<void> scan_plain(const engine::ReadTransaction& transaction, engine::Table table, ByteView from,
                        const engine::Visitor& visit) {
  Result<void> read = success();
  TRY(transaction.scan(table, from, [&](ByteView key, ByteView stored) {
    const auto value = open_plain(table, key, stored);
    if (!value) {
      read = value.error();
      return false;
    }
    return visit(key, value.value());
  }));
  return read;
}

}  // namespace shosoin::generations
