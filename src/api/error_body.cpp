#include "api/error_body.h"

#include <fmt/format.h>

#include <string>

namespace hearth::api {
namespace {

ApiError describe(std::string_view path, http::Failure failure, std::string_view message) {
  switch (failure) {
    case http::Failure::kBadRequest:
      return {ErrorKind::kBadRequest,
              fmt::format("The request is not valid HTTP{}{}.", message.empty() ? "" : ": ", message)};
    case http::Failure::kUnauthorized:
      return {ErrorKind::kInvalidApiKey,
              "Incorrect API key provided. Send one of the server's keys in the Authorization header (Bearer KEY)."};
    case http::Failure::kForbidden:
      return {ErrorKind::kForbidden, std::string(message)};
    case http::Failure::kNotFound:
      return {ErrorKind::kUnknownUrl, fmt::format("Unknown request URL: {}. Please check the URL for typos.", path)};
    case http::Failure::kMethodNotAllowed:
      return {ErrorKind::kMethodNotAllowed, fmt::format("The method is not allowed for {}.", path)};
    case http::Failure::kTimeout:
      return {ErrorKind::kTimeout, "The request did not arrive in time."};
    case http::Failure::kBodyTooLarge:
      return {ErrorKind::kTooLarge, "The body of the request is larger than this server accepts."};
    case http::Failure::kHeaderTooLarge:
      return {ErrorKind::kHeaderTooLarge, "The header of the request is larger than this server accepts."};
    case http::Failure::kBusy:
      return {ErrorKind::kRateLimited, "Too many requests wait to be read. Try again later."};
    case http::Failure::kDraining:
      return {ErrorKind::kModelLoading, "The server is shutting down."};
    case http::Failure::kInternal:
      break;
  }
  return {ErrorKind::kInternal, "The server had an error while processing your request."};
}

}  // namespace

http::HttpResponse json_response(const Json& body) {
  return {.body = base::dump_json(body)};
}

http::HttpResponse error_response(const ApiError& error) {
  const ErrorRow& row = error_row(error.kind);
  http::HttpResponse response{.status = row.status, .body = base::dump_json(error_json(error))};
  if (row.retry_after_seconds > 0) {
    response.headers.push_back({"Retry-After", std::to_string(row.retry_after_seconds)});
  }
  return response;
}

http::HttpResponse failure_body(std::string_view path, http::Failure failure, std::string_view message) {
  return error_response(describe(path, failure, message));
}

}  // namespace hearth::api
