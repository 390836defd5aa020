// call_bridge: a call into Rust whose exception becomes a Result.
//
// Only the .cpp files of this folder that include the bridge header use it. A panic in Rust is a defect and becomes
// `internal`; any other failure takes the code that the caller names.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace hearth::text {

inline Error bridge_error(ErrorCode code, std::string_view what, std::string_view message) {
  if (message.starts_with("panic: ")) code = ErrorCode::kInternal;
  return Error{code, std::string(what) + ": " + std::string(message), {}};
}

template <typename Body>
auto call_bridge(ErrorCode code, std::string_view what, Body&& body) -> Result<std::invoke_result_t<Body>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      std::forward<Body>(body)();
      return {};
    } else {
      return std::forward<Body>(body)();
    }
  } catch (const std::exception& error) {
    return std::unexpected(bridge_error(code, what, error.what()));
  }
}

}  // namespace hearth::text
