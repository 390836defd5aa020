#include "base/version.h"

namespace hearth::base {

std::string_view version() {
  return HEARTH_VERSION;
}

std::string_view build_identity() {
  return HEARTH_VERSION " " __VERSION__;
}

}  // namespace hearth::base
