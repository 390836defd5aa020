// Result<T> and Error: how every fallible function of Hearth answers.
//
// Expected failures (a corrupt file, a bad request, a full disk) are values, never exceptions. The code says
// what the caller can do about it; the message is one line that names the place and what to do.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::base {

enum class ErrorCode {
  kInvalidArgument,  // the caller sent something wrong: fix the request
  kNotFound,         // the thing named does not exist
  kUnsupported,      // understood, but this build or model cannot do it
  kCorruptFile,      // a file does not hold what its format demands
  kOverloaded,       // try again later
  kCancelled,        // the caller went away or asked to stop
  kUnavailable,      // a thing we depend on (network, disk) failed
  kInternal,         // a defect of ours
};

// "invalid_argument", "not_found", … : the spelling used in logs.
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one line: what is wrong, where, expected and got
  std::string context;  // optional: the request field, file or URL that the error is about
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string context = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(context)});
}

// The same error with `where: ` put in front of its message, for a caller that knows the file or the model.
inline std::unexpected<Error> fail_at(std::string_view where, Error error) {
  error.message = std::string(where) + ": " + error.message;
  return std::unexpected<Error>(std::move(error));
}

}  // namespace hearth::base

namespace hearth {
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;
}  // namespace hearth

#define HEARTH_CONCAT_INNER(a, b) a##b
#define HEARTH_CONCAT(a, b) HEARTH_CONCAT_INNER(a, b)

// HEARTH_TRY(auto value, expression): value of a Result, or return its error from this function.
#define HEARTH_TRY(declaration, expression)                                          \
  auto HEARTH_CONCAT(hearth_try_, __LINE__) = (expression);                          \
  if (!HEARTH_CONCAT(hearth_try_, __LINE__)) {                                       \
    return std::unexpected(std::move(HEARTH_CONCAT(hearth_try_, __LINE__)).error()); \
  }                                                                                  \
  declaration = *std::move(HEARTH_CONCAT(hearth_try_, __LINE__))

// HEARTH_TRY_VOID(expression): go on, or return the error of a Result<void> (or any Result) from this function.
#define HEARTH_TRY_VOID(expression)                             \
  do {                                                          \
    if (auto hearth_status = (expression); !hearth_status) {    \
      return std::unexpected(std::move(hearth_status).error()); \
    }                                                           \
  } while (false)
