#include <fmt/format.h>

#include <algorithm>

#include "app/commands_models.h"
#include "app/progress_bar.h"
#include "base/json.h"
#include "gallery/builtin.h"
#include "gallery/store.h"

namespace hearth::app {
namespace {

bool is_installed(const std::vector<gallery::StoredModel>& models, const gallery::GalleryEntry& entry) {
  return std::ranges::any_of(models,
                             [&](const auto& model) { return model.file.filename() == entry.files.front().filename; });
}

Json to_json(const gallery::StoredModel& model) {
  return {{"name", model.name},
          {"file", model.file.string()},
          {"n_files", model.files.size()},
          {"size_bytes", model.size_bytes},
          {"config", model.config.empty() ? Json() : Json(model.config.string())}};
}

void print_installed(const std::vector<gallery::StoredModel>& models, const ListOptions& options) {
  if (options.json) {
    Json list = Json::array();
    for (const auto& model : models) list.push_back(to_json(model));
    fmt::print("{}\n", base::dump_json(list));
    return;
  }
  if (models.empty()) {
    fmt::print(stderr,
               "no model in {}: hearth pull smollm2-135m-instruct gets one, hearth list --available shows more\n",
               options.models_path.string());
  }
  std::size_t width = 0;
  for (const auto& model : models) width = std::max(width, model.name.size());
  for (const auto& model : models) {
    fmt::print("{:<{}}  {:>9}  {}{}\n", model.name, width, format_bytes(model.size_bytes),
               model.file.filename().string(), model.is_folder ? "/" : "");
  }
}

void print_available(const std::vector<gallery::StoredModel>& models, const ListOptions& options) {
  Json list = Json::array();
  for (const gallery::GalleryEntry& entry : gallery::builtin_gallery()) {
    const bool installed = is_installed(models, entry);
    if (options.json) {
      list.push_back({{"name", entry.name},
                      {"description", entry.description},
                      {"license", entry.license},
                      {"installed", installed}});
    } else {
      fmt::print("{} {:<28} {:<11} {}\n", installed ? '*' : ' ', entry.name, entry.license, entry.description);
    }
  }
  if (options.json) fmt::print("{}\n", base::dump_json(list));
}

}  // namespace

int run_list(const ListOptions& options) {
  const auto models = gallery::Store(options.models_path).list();
  if (!models) {
    fmt::print(stderr, "hearth list: {}\n", models.error().message);
    return 1;
  }
  if (options.available) {
    print_available(*models, options);
  } else {
    print_installed(*models, options);
  }
  return 0;
}

}  // namespace hearth::app
