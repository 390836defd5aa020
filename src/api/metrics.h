// GET /metrics: Prometheus' text format, read from the registry when asked. prometheus-cpp stays behind this header.
#pragma once

#include <string>

#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

std::string metrics_text(const Services& services);
http::Handler metrics_handler(Services& services);

}  // namespace hearth::api
