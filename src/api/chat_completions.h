// POST /v1/chat/completions.
#pragma once

#include "api/reply_format.h"
#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

const ReplyFormat& chat_format();
http::Handler chat_completions_handler(Services& services);

}  // namespace hearth::api
