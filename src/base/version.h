// The version of this build, as `hearth --version`, GET /version and the system fingerprint give it.
#pragma once

#include <string_view>

namespace hearth::base {

// "0.1.0"
std::string_view version();
// The version and the compiler: two builds that may round differently have different ones.
std::string_view build_identity();

}  // namespace hearth::base
