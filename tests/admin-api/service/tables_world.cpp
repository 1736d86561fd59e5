#include "tests/admin-api/service/tables_world.h"

#include <iconv.h>

#include "storage/files/check_digits.h"
#include "storage/files/header.h"

namespace shosoin::test {
namespace {

std::string padded(std::uint64_t index, std::size_t digits) {
  auto text = std::to_string(index);
  return std::string(digits - text.size(), '0') + text;
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string usual_value(const files::Item& item, std::string_view addressee) {
  using files::ItemCheck;
  using files::ItemType;
  if (item.role == files::ItemRole::AddresseeNumber) return std::string(addressee);
  if (item.check == ItemCheck::OwnLocalGovernmentCode || item.check == ItemCheck::LocalGovernmentCode) return "132101";
  if (!item.required) return {};
  if (item.type == ItemType::Date) return "2000-01-01";
  if (item.check == ItemCheck::ResidentRecordCode) return made_resident_code(std::stoull(std::string(addressee)));
  return "1";
}

}  // namespace

std::string made_number(std::uint64_t index) {
  const auto leading = "9" + padded(index, 10);
  return leading + files::modulus_11_check_digit(leading);
}
std::string made_resident_code(std::uint64_t index) {
  const auto leading = padded(index % 10'000'000'000, 10);
  return leading + files::modulus_11_check_digit(leading);
}

std::string in_encoding(std::string_view utf8, const char* name) {
  const iconv_t converter = iconv_open(name, "UTF-8");
  ENSURE(converter != reinterpret_cast<iconv_t>(-1));
  std::string in(utf8), out(utf8.size() * 2 + 16, '\0');
  char *from = in.data(), *to = out.data();
  std::size_t left = in.size(), room = out.size();
  const auto done = iconv(converter, &from, &left, &to, &room);
  iconv_close(converter);
  ENSURE(done != static_cast<std::size_t>(-1) && left == 0);
  out.resize(out.size() - room);
  return out;
}

Csv TablesWorld::csv_of(std::string_view file, std::string_view group, const std::vector<Row>& rows) {
  const auto* definition = definitions.find(file);
  ENSURE(definition != nullptr);
  Csv csv{*definition, definition->group_index(group).value(), {}, {}};
  const auto items = definition->items_of(csv.group);
  const bool own = definition->index_of(files::ItemRole::AddresseeNumber, csv.group).has_value();
  const bool apart = definition->groups()[csv.group].rows == files::GroupRows::Apart;
  const bool column = !own && !apart && (!definition->is_flat() || rows.front().contains("宛名番号"));
  std::string line = column ? "宛名番号" : "";
  for (const auto& item : items) line += (line.empty() ? "" : ",") + in_quotes(item.name);
  csv.text = line + "\r\n";
  for (const auto& row : rows) {
    const auto named = row.find("宛名番号");
    const std::string addressee = named == row.end() ? "12" : named->second;
    auto& values = csv.rows.emplace_back();
    for (const auto& item : items) {
      const auto given = row.find(item.key);
      values.push_back(given == row.end() ? usual_value(item, addressee) : given->second);
    }
    line = column ? in_quotes(addressee) : "";
    for (std::size_t i = 0; i < values.size(); ++i) line += (i == 0 && !column ? "" : ",") + in_quotes(values[i]);
    csv.text += line + "\r\n";
  }
  return csv;
}

// The session that is open there, while it lives: a password takes long on purpose.
Fields TablesWorld::at(const std::string& id, const std::string& terminal) {
  const auto& human = world.people.at(id);
  Fields fields{{FieldId::Terminal, terminal}, {FieldId::Session, human.token}};
  const bool lives =
      !human.token.empty() && human.terminal == terminal && !world.ask(Kind::SessionShow, fields).refused;
  if (!lives) fields[FieldId::Session] = world.session(id, terminal);
  fields[FieldId::TenantCode] = tenant;
  return fields;
}

Told TablesWorld::open(const std::string& id, const Csv& csv, const ImportWish& wish) {
  auto fields = at(id, world.t1);
  fields[FieldId::File] = csv.definition.key();
  fields[FieldId::Encoding] = wish.encoding;
  if (wish.name_group) fields[FieldId::Group] = csv.definition.groups()[csv.group].key;
  if (!wish.key.empty()) fields[FieldId::IdempotencyKey] = wish.key;
  if (wish.resume) fields[FieldId::Resume] = std::string(1, '\1');
  if (wish.standard_characters) fields[FieldId::StandardCharacters] = std::string(1, '\1');
  if (wish.five_digit_codes) fields[FieldId::FiveDigitCodes] = std::string(1, '\1');
  if (wish.no_collection) fields[FieldId::IvsCollection] = "none";
  return world.ask(Kind::ImportOpen, fields);
}
Told TablesWorld::send(const std::string& id, const std::string& import, std::string_view bytes, std::uint64_t offset) {
  return world.ask(Kind::ImportChunk, {{FieldId::Terminal, world.t1},
                                       {FieldId::Session, world.people.at(id).token},
                                       {FieldId::ImportId, raw(import)},
                                       {FieldId::Offset, std::string(text_of(be<std::uint64_t>(offset)))},
                                       {FieldId::Chunk, std::string(bytes)}});
}
Told TablesWorld::close(const std::string& id, const std::string& import) {
  return world.ask(
      Kind::ImportClose,
      {{FieldId::Terminal, world.t1}, {FieldId::Session, world.people.at(id).token}, {FieldId::ImportId, raw(import)}});
}
Told TablesWorld::import(const std::string& id, const Csv& csv, const ImportWish& wish) {
  const auto opened = open(id, csv, wish);
  if (opened.refused) return opened;
  const auto import = opened.member("importId");
  const auto bytes = wish.encoding == "UTF-8" ? csv.text : in_encoding(csv.text, wish.encoding.c_str());
  constexpr std::size_t kPiece = 100'003;  // odd, so that pieces cut characters in the middle
  for (std::size_t from = 0; from < bytes.size(); from += kPiece) {
    const auto taken = send(id, import, std::string_view(bytes).substr(from, kPiece), from);
    if (taken.refused) return taken;
  }
  return close(id, import);
}

Told TablesWorld::decide(const std::string& import, const std::string& decision) {
  auto fields = at("kato", world.t2);
  fields[FieldId::ImportId] = raw(import);
  fields[FieldId::Decision] = decision;
  fields[FieldId::Code] = world.code("kato");
  return world.ask(Kind::ImportDecide, fields);
}
std::string TablesWorld::confirmed(const Csv& csv, const ImportWish& wish) {
  const auto told = import("sato", csv, wish);
  EXPECT_FALSE(told.refused) << told.text;
  const auto id = told.member("importId");
  EXPECT_FALSE(decide(id).refused);
  return id;
}

Fields TablesWorld::question(const std::string& id, std::string_view file, const std::string& kind,
                             const std::string& value) {
  auto fields = at(id, world.t1);
  fields[FieldId::File] = std::string(file);
  fields[FieldId::SearchKind] = kind;
  fields[FieldId::SearchValue] = value;
  fields[FieldId::ReasonCode] = "R01";
  fields[FieldId::CaseReference] = "架空-取込-1";
  return fields;
}
Told TablesWorld::ask(const std::string& id, std::string_view file, const std::string& kind, const std::string& value) {
  return world.ask(Kind::Retrieve, question(id, file, kind, value));
}
std::vector<std::string> TablesWorld::values_of(const boost::json::value& record) {
  std::vector<std::string> out;
  for (const auto& item : record.at("items").as_array()) out.emplace_back(item.at("value").as_string());
  return out;
}

}  // namespace shosoin::test
