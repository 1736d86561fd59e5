#include "admin-api/cli/commands.h"

int main(int argc, char** argv) { return shosoin::cli::run(argc, argv); }
