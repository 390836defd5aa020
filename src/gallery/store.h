// Store: the models folder as the API and the CLI see it, which models are installed, under which names, and removal.
//
// Models lie in one folder: weight files, folders of one model (cloned or copied from a hub), folders of those, and
// beside them YAML files that give a name and parameters. Nothing here follows a name out of that folder. The folder is
// read anew on each call, so files copied in by hand are seen at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hearth::gallery {

struct StoredModel {
  std::string name;            // what the API lists: the YAML's name, else the file name without its ending, else the
                               // folder's name; "GROUP/NAME" for a model in a folder of several
  std::filesystem::path file;  // the weights; of a sharded model its first file; or the model's folder
  std::vector<std::filesystem::path> files;  // all weight files: `file` first, or those in the folder
  bool is_folder = false;                    // of `file`
  std::filesystem::path config;              // the YAML file; empty for a loose file
  std::uint64_t size_bytes = 0;              // of all files
};

class Store {
 public:
  explicit Store(std::filesystem::path models_path) : models_path_(std::move(models_path)) {}

  const std::filesystem::path& models_path() const { return models_path_; }

  // Sorted by name. A folder that does not exist is an empty store. A YAML file that cannot be read is logged and left
  // out; one whose weights are not there is left out too (it is a wish, not an installed model).
  Result<std::vector<StoredModel>> list() const;

  // By name, file or folder name, or file name without ending; exact first, then without regard to case.
  // not_found names the models that are there; invalid_argument for a name that would leave the folder.
  Result<StoredModel> find(std::string_view name) const;

  // Removes the model's YAML and those of its files that no other YAML uses; a model's folder with all that is in it.
  // Returns what was removed.
  Result<std::vector<std::filesystem::path>> remove(std::string_view name) const;

 private:
  std::filesystem::path models_path_;
};

// True for a plain file name: not empty, no separator, not hidden, no "..", no control character.
bool is_plain_file_name(std::string_view name);

}  // namespace hearth::gallery
