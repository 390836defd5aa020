// The command line of hearth: verbs and flags, parsed into plain option structs and handed to one command each.
//
// Exit codes: 0 done, 1 failed (one line on stderr that says what to do), 2 wrong usage.
#pragma once

namespace hearth::app {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

int run_command_line(int argc, char** argv);

}  // namespace hearth::app
