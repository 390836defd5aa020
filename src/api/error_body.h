// Errors as HTTP responses: those of handlers, and those that the HTTP server makes itself.
#pragma once

#include <string_view>

#include "api/api_error.h"
#include "base/json.h"
#include "http/message.h"
#include "http/server.h"

namespace hearth::api {

http::HttpResponse error_response(const ApiError& error);
http::HttpResponse json_response(const Json& body);

// For http::Server::start.
http::HttpResponse failure_body(std::string_view path, http::Failure failure, std::string_view message);

}  // namespace hearth::api
