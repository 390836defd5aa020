// POST /v1/tokenize {model, content} -> {tokens} and POST /v1/detokenize {model, tokens} -> {content}, as LocalAI's.
#pragma once

#include "api/services.h"
#include "http/router.h"

namespace hearth::api {

http::Handler tokenize_handler(Services& services);
http::Handler detokenize_handler(Services& services);

}  // namespace hearth::api
