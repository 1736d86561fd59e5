// JSON written straight into a text, for the answers and log lines of retrievals: they are many, and every value passes
// through here once instead of through a tree of objects. The same bytes as Boost.JSON's serialize would give. Values;
// any thread.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "storage/files/definition.h"

namespace shosoin::service {

// Quoted and escaped (RFC 8259 section 7). The text is valid UTF-8.
void append_json(std::string& to, std::string_view text);
// "name":"value", with a comma before it unless an object or list has just begun.
void append_member(std::string& to, std::string_view name, std::string_view value);
void append_json(std::string& to, const boost::json::object& object);

// A record file's items up to their values: {"no":...,"name":...,"key":...,"value":
class ItemHeads {
 public:
  // Those of `earlier` are shared, where it has them.
  explicit ItemHeads(const files::DefinitionSet& definitions, const ItemHeads* earlier = nullptr);
  const std::vector<std::string>& of(const files::Definition& definition) const;

 private:
  using Heads = std::shared_ptr<const std::vector<std::string>>;
  Heads find(const files::Definition& definition) const;
  std::vector<std::pair<const files::Definition*, Heads>> heads_;
};

}  // namespace shosoin::service
