// POST /v1/completions, also as /v1/engines/{model}/completions.
#pragma once

#include "api/reply_format.h"
#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

const ReplyFormat& completion_format();
http::Handler completions_handler(Services& services);

}  // namespace hearth::api
