// GET /healthz, /readyz and /version: for load balancers and people. No API key is needed.
#pragma once

#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

http::Handler health_handler();
// 503 while preloading.
http::Handler ready_handler(Services& services);
http::Handler version_handler();

}  // namespace hearth::api
