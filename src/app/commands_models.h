// The commands that manage the models folder: hearth pull, list and rm. app/main parses the flags and calls them.
//
// Each returns the process's exit code: 0 done, 1 failed (with one line on stderr that says what to do).
#pragma once

#include <filesystem>
#include <string>

namespace hearth::app {

struct PullOptions {
  std::filesystem::path models_path = "models";
  std::string reference;
  std::string name;    // --name
  std::string sha256;  // --sha256
};
int run_pull(const PullOptions& options);

struct ListOptions {
  std::filesystem::path models_path = "models";
  bool available = false;  // --available: the built-in gallery instead of what is installed
  bool json = false;
};
int run_list(const ListOptions& options);

struct RemoveOptions {
  std::filesystem::path models_path = "models";
  std::string name;
};
int run_rm(const RemoveOptions& options);

}  // namespace hearth::app
