// call_sentencepiece: a call into the sentencepiece library whose status or exception becomes a Status.
//
// The library answers with a status, but the trie inside it throws: a piece that begins with a NUL is enough. Only the
// two .cpp files that include the library use this.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace hearth::text {

template <typename Body>
Status call_sentencepiece(ErrorCode code, std::string_view what, Body&& body) {
  try {
    const auto status = std::forward<Body>(body)();
    if (!status.ok()) return fail(code, std::string(what) + ": " + status.ToString());
    return {};
  } catch (const std::exception& error) {
    return fail(code, std::string(what) + ": " + error.what());
  }
}

}  // namespace hearth::text
