// shosoin file check FILE | file diff OLD NEW | file show KEY (definition_command.h asks the running service)
// Definitions of record files, offline: whether one can be read and where not (RFC 6901), whether a new version is an
// amendment that earlier records survive (storage/files/amendment.h), and the shipped ones as text to begin from.
#pragma once

#include "admin-api/cli/command_io.h"

namespace shosoin::cli {

// `io` must outlive the parsing of `app`. Exit code 0 when the definition, or the amendment, is good; otherwise that of
// InvalidContent.
void add_file_commands(CLI::App& app, CommandIo& io);

// The text of a definition that the program brought, to io.out.
void show_shipped(CommandIo& io, std::string_view key);

}  // namespace shosoin::cli
