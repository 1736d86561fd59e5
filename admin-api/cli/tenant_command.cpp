// shosoin tenant create|list: one municipality or prefecture is one tenant.
#include "admin-api/cli/commands.h"
#include "admin-api/cli/local_client.h"

namespace shosoin::cli {

void add_tenant_commands(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("tenant", "団体 / tenants: municipalities and prefectures");
  group->require_subcommand(1);

  struct Options {
    std::string code, name;
    std::vector<std::string> sessions;
  };
  auto options = std::make_shared<Options>();
  auto* create = group->add_subcommand("create", "団体を作る(二人) / create a tenant; takes two officers");
  create->add_option("code", options->code, "全国地方公共団体コード6桁 / six digits, e.g. 132101")->required();
  create->add_option("name", options->name, "名称 / name, e.g. 小金井市")->required();
  create->add_option("--session", options->sessions, "二人分 / twice, for two persons")
      ->allow_extra_args(false)
      ->required();
  on(create, context, [options](Context& now) {
    protocol::Request request{protocol::RequestKind::TenantCreate, 0, {}};
    protocol::set(request, protocol::FieldId::TenantCode, std::string_view(options->code));
    protocol::set(request, protocol::FieldId::TenantName, std::string_view(options->name));
    return act_locally(now, std::move(request), options->sessions);
  });

  auto* list = group->add_subcommand("list", "団体の一覧 / list tenants");
  list->add_option("--session", options->sessions)->allow_extra_args(false)->required();
  on(list, context, [options](Context& now) {
    return act_locally(now, {protocol::RequestKind::TenantList, 0, {}}, options->sessions);
  });
}

}  // namespace shosoin::cli
