#include <fmt/format.h>

#include "app/commands_models.h"
#include "gallery/store.h"

namespace hearth::app {

int run_rm(const RemoveOptions& options) {
  const auto removed = gallery::Store(options.models_path).remove(options.name);
  if (!removed) {
    fmt::print(stderr, "hearth rm: {}\n", removed.error().message);
    return 1;
  }
  for (const auto& path : *removed) fmt::print("removed {}\n", path.string());
  return 0;
}

}  // namespace hearth::app
