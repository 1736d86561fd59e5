// shosoin-vault: keys, TPM, store, every decision. No network.
#include <iostream>
#include <string_view>

#include "admin-api/service/vault.h"

int main(int count, char** arguments) {
  using namespace shosoin;
  if (count == 2 && std::string_view(arguments[1]) == "--settings-help") {
    std::cout << service::settings_help();
    return 0;
  }
  if (count == 3 && std::string_view(arguments[1]) == "--settings") return service::run_vault(arguments[2]);
  std::cerr << "使い方 / usage: shosoin-vault --settings FILE | --settings-help\n";
  return error_row(ErrorCode::BadRequest).exit_code;
}
