// GET /v1/models and GET /v1/models/{id}: what is installed.
#pragma once

#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

http::Handler list_models_handler(Services& services);
http::Handler get_model_handler(Services& services);

}  // namespace hearth::api
