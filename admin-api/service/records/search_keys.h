// Search keys in table SearchKeys (format page: service/entries.md): kind || bytes || record id.
//   1 住民票コード  HMAC (32)      2 宛名番号  text || 0x00      3 個人番号  HMAC (32)      4 カナ氏名 || 0x00 ||
//   YYYYMMDD      5 file || 0x00 || table || 0x00, of tables about no person
// 団体内統合宛名番号 is searched in table SubjectLinks.
// No text holds 0x00 and the others have one width, so a key never is the beginning of another kind's. Values; any
// thread.
#pragma once

#include <optional>
#include <set>

#include "admin-api/service/context.h"
#include "storage/generations/records_entry.h"

namespace shosoin::service {

enum class SearchKind : std::uint8_t {
  ResidentRecordCode = 1,
  AddresseeNumber = 2,
  IndividualNumber = 3,
  KanaName = 4,
  Group = 5
};  // frozen

Bytes search_prefix(SearchKind kind, ByteView bytes);
Bytes code_token(const TenantStore& store, std::string_view digits);  // 個人番号 and 住民票コード
Bytes addressee_bytes(std::string_view addressee_key);
Bytes group_bytes(std::string_view file, std::string_view group);
Bytes kana_bytes(std::string_view kana_key, std::string_view birth_key);
Entry search_entry(SearchKind kind, ByteView bytes, const RecordId& record);

// What a request asks for, validated and normalised; InvalidContent with a pointer otherwise. The number itself is
// gone.
struct SearchKey {
  SearchKind kind = SearchKind::AddresseeNumber;
  Bytes prefix;           // to scan by
  std::string birth_key;  // kana name only: what must follow the name
  TableId table = TableId::SearchKeys;
};
Result<SearchKey> search_key_in(const TenantStore& store, Context& context, const files::Definition& definition);
// Record ids in order of their keys; TooMany beyond limits::kMaxSearchScan.
Result<std::vector<RecordId>> search(const TenantStore& store, const SearchKey& key);

Result<std::optional<generations::RecordEntry>> find_record(const TenantStore& store, const RecordId& id);

}  // namespace shosoin::service
