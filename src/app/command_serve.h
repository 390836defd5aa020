// hearth serve: wires registry, engine thread, API and HTTP server together and runs until SIGTERM or SIGINT.
//
// app/main parses the flags into ServerSettings and calls it. It returns the process's exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/server_settings.h"

namespace hearth::app {

// 0 after a drain, 1 when the server cannot start (one line on stderr says why). `unused_flags` were given and have no
// effect here, which the log says once. `on_listening` is called with the port once the server listens (tests).
int run_serve(const config::ServerSettings& settings, const std::vector<std::string>& unused_flags = {},
              const std::function<void(int port)>& on_listening = {});

// Ends run_serve() of this process as SIGTERM does, for tests.
void request_shutdown();

}  // namespace hearth::app
