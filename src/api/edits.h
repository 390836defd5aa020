// POST /v1/edits: an instruction and a text, answered with the changed text. Gone at OpenAI, kept for LocalAI's
// clients.
#pragma once

#include "api/reply_format.h"
#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

const ReplyFormat& edit_format();
http::Handler edits_handler(Services& services);

}  // namespace hearth::api
