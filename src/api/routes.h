// The route table: every path of the API and its handler. A new endpoint is one file and one row here.
#pragma once

#include <vector>

#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

// `services` must outlive the routes.
std::vector<http::Route> routes(Services& services, bool with_metrics);

}  // namespace hearth::api
