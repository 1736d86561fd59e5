// The command groups of `shosoin`, one file each; every function adds its nouns and verbs to the application. One
// thread.
#pragma once

#include "admin-api/cli/context.h"

namespace shosoin::cli {

// On the local administration socket, or before there is a vault.
void add_init_command(CLI::App& app, Context& context);
void add_boot_commands(CLI::App& app, Context& context);
void add_session_commands(CLI::App& app, Context& context);
void add_tenant_commands(CLI::App& app, Context& context);
void add_operator_commands(CLI::App& app, Context& context);
void add_terminal_commands(CLI::App& app, Context& context);
void add_system_commands(CLI::App& app, Context& context);
void add_backup_commands(CLI::App& app, Context& context);
void add_drill_commands(CLI::App& app, Context& context);
// Through the gate.
void add_login_commands(CLI::App& app, Context& context);
void add_import_commands(CLI::App& app, Context& context);
void add_record_commands(CLI::App& app, Context& context);
void add_erasure_commands(CLI::App& app, Context& context);
void add_retention_gate_commands(CLI::App& app, Context& context);  // after add_retention_commands
void add_hold_commands(CLI::App& app, Context& context);
void add_appliance_log_commands(CLI::App& app, Context& context);
void add_linking_commands(CLI::App& app, Context& context);
void add_certificate_commands(CLI::App& app, Context& context);
// Offline.
void add_verify_commands(CLI::App& app, Context& context);

// Everything, with the global options; returns the exit code.
int run(int argc, char** argv);

}  // namespace shosoin::cli
