#include "admin-api/cli/command_tree.h"

#include <boost/json.hpp>

namespace shosoin::cli {
namespace {

namespace json = boost::json;

json::object option_facts(const CLI::Option& option) {
  json::array names;
  for (const auto& name : option.get_snames()) names.emplace_back("-" + name);
  for (const auto& name : option.get_lnames()) names.emplace_back("--" + name);
  if (option.get_positional()) names.emplace_back(option.get_name(true));
  return {{"names", std::move(names)},
          {"value", option.get_items_expected_max() == 0 ? std::string() : option.get_type_name()},
          {"about", option.get_description()},
          {"required", option.get_required()},
          {"positional", option.get_positional()}};
}

json::object facts(CLI::App& app) {
  json::array options, commands;
  for (const auto* option : app.get_options()) options.emplace_back(option_facts(*option));
  for (auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.emplace_back(facts(*command));
  return {{"name", app.get_name()},
          {"about", app.get_description()},
          {"footer", app.get_footer()},
          {"options", std::move(options)},
          {"commands", std::move(commands)}};
}

}  // namespace

std::string command_tree(CLI::App& app) { return json::serialize(facts(app)); }

}  // namespace shosoin::cli
