#include "api/api_error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace hearth::api {
namespace {

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kServer = "server_error";
constexpr std::string_view kRate = "rate_limit_error";

constexpr std::array kRows{
    ErrorRow{ErrorKind::kBadRequest, 400, kInvalid, ""},
    ErrorRow{ErrorKind::kInvalidType, 400, kInvalid, "invalid_type"},
    ErrorRow{ErrorKind::kInvalidValue, 400, kInvalid, "invalid_value"},
    ErrorRow{ErrorKind::kMissingParameter, 400, kInvalid, "missing_required_parameter"},
    ErrorRow{ErrorKind::kDecimalAboveMax, 400, kInvalid, "decimal_above_max_value"},
    ErrorRow{ErrorKind::kDecimalBelowMin, 400, kInvalid, "decimal_below_min_value"},
    ErrorRow{ErrorKind::kIntegerAboveMax, 400, kInvalid, "integer_above_max_value"},
    ErrorRow{ErrorKind::kIntegerBelowMin, 400, kInvalid, "integer_below_min_value"},
    ErrorRow{ErrorKind::kArrayAboveMax, 400, kInvalid, "array_above_max_length"},
    ErrorRow{ErrorKind::kEmptyArray, 400, kInvalid, "empty_array"},
    ErrorRow{ErrorKind::kStringAboveMax, 400, kInvalid, "string_above_max_length"},
    ErrorRow{ErrorKind::kUnsupportedParameter, 400, kInvalid, "unsupported_parameter"},
    ErrorRow{ErrorKind::kContextLength, 400, kInvalid, "context_length_exceeded"},
    ErrorRow{ErrorKind::kInvalidApiKey, 401, kInvalid, "invalid_api_key"},
    ErrorRow{ErrorKind::kForbidden, 403, kInvalid, ""},
    ErrorRow{ErrorKind::kModelNotFound, 404, kInvalid, "model_not_found"},
    ErrorRow{ErrorKind::kUnknownUrl, 404, kInvalid, ""},
    ErrorRow{ErrorKind::kMethodNotAllowed, 405, kInvalid, ""},
    ErrorRow{ErrorKind::kTimeout, 408, kInvalid, ""},
    ErrorRow{ErrorKind::kTooLarge, 413, kInvalid, ""},
    ErrorRow{ErrorKind::kHeaderTooLarge, 431, kInvalid, ""},
    ErrorRow{ErrorKind::kRateLimited, 429, kRate, "rate_limit_exceeded", 1},
    ErrorRow{ErrorKind::kModelLoading, 503, kServer, "model_loading", 5},
    ErrorRow{ErrorKind::kInternal, 500, kServer, ""},
};

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

ErrorKind kind_of(backends::Reason reason) {
  switch (reason) {
    case backends::Reason::kInvalid:
      return ErrorKind::kInvalidValue;
    case backends::Reason::kContextLength:
      return ErrorKind::kContextLength;
    case backends::Reason::kModelMissing:
      return ErrorKind::kMissingParameter;
    case backends::Reason::kModelNotFound:
      return ErrorKind::kModelNotFound;
    case backends::Reason::kUnsupported:
      return ErrorKind::kUnsupportedParameter;
    case backends::Reason::kOverloaded:
      return ErrorKind::kRateLimited;
    case backends::Reason::kLoading:
      return ErrorKind::kModelLoading;
    case backends::Reason::kInternal:
      break;
  }
  return ErrorKind::kInternal;
}

}  // namespace

std::unexpected<ApiError> reject(ErrorKind kind, std::string message, std::string param) {
  return std::unexpected(ApiError{kind, std::move(message), std::move(param)});
}

const ErrorRow& error_row(ErrorKind kind) {
  const auto* const found = std::ranges::find(kRows, kind, &ErrorRow::kind);
  HEARTH_CHECK(found != kRows.end(), "every kind of error has a row");
  return *found;
}

Json error_json(const ApiError& error) {
  const ErrorRow& row = error_row(error.kind);
  Json body;
  body["error"] = Json{{"message", error.message},
                       {"type", row.type},
                       {"param", text_or_null(error.param)},
                       {"code", text_or_null(row.code)}};
  return body;
}

ApiError to_api_error(backends::RequestError error) {
  return {kind_of(error.reason), std::move(error.message), std::move(error.param)};
}

}  // namespace hearth::api
