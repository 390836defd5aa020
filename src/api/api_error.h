// ApiError: what is wrong with a request, in OpenAI's terms; and the one table from kinds to status, type and code.
//
// Parsing (which knows no HTTP) makes them; error_body.h turns them into responses.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "backends/request.h"
#include "base/json.h"

namespace hearth::api {

enum class ErrorKind : std::uint8_t {
  kBadRequest,  // no code: bad JSON, a rule between fields, a malformed HTTP request
  kInvalidType,
  kInvalidValue,
  kMissingParameter,
  kDecimalAboveMax,
  kDecimalBelowMin,
  kIntegerAboveMax,
  kIntegerBelowMin,
  kArrayAboveMax,
  kEmptyArray,
  kStringAboveMax,
  kUnsupportedParameter,
  kContextLength,
  kInvalidApiKey,
  kForbidden,
  kModelNotFound,
  kUnknownUrl,
  kMethodNotAllowed,
  kTimeout,
  kTooLarge,
  kHeaderTooLarge,
  kRateLimited,
  kModelLoading,
  kInternal,
};

struct ApiError {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::string param;  // "" is written as null
};

template <typename T>
using Parsed = std::expected<T, ApiError>;

std::unexpected<ApiError> reject(ErrorKind kind, std::string message, std::string param = {});

struct ErrorRow {
  ErrorKind kind;
  int status;
  std::string_view type;
  std::string_view code;        // "" is written as null
  int retry_after_seconds = 0;  // 0: no such header
};
const ErrorRow& error_row(ErrorKind kind);

// {"error":{"message":…,"type":…,"param":…,"code":…}}
Json error_json(const ApiError& error);

ApiError to_api_error(backends::RequestError error);

}  // namespace hearth::api
