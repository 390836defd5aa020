// install(): make a model available in the models folder, from the built-in gallery, the hub, an address or a file.
//
// `hearth pull`, `--preload` and a request for a model that is not there all come through here. The sources of a
// gallery entry are tried in order; each failure is one note. Beside the weights a small YAML file keeps the gallery's
// name.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/hub_headers.h"
#include "net/progress.h"
#include "net/transfer_limits.h"

namespace hearth::gallery {

struct InstallOptions {
  std::filesystem::path models_path = "models";  // made when absent
  std::string name;                              // a name of the caller's choice instead of the gallery's
  std::string sha256;                            // for an address or a file: what its bytes must hash to
  bool verify = false;                           // read what is installed already again and compare its checksum
  net::Hub hub = net::Hub::from_environment();
  const std::atomic<bool>* cancel = nullptr;
  net::TransferLimits limits;
};

struct InstalledModel {
  std::string name;  // a request for this name is answered by `file`
  std::filesystem::path file;
  std::filesystem::path config;  // empty when no YAML file was needed
  std::uint64_t size_bytes = 0;
  std::string source;  // where the bytes came from; empty when they were there already
  bool already_present = false;
};

// reference: a gallery name, hf://owner/repo/path@branch, huggingface://…, an http(s):// or file:// address, or a file
// path. Errors: not_found (with the nearest gallery names), invalid_argument, unavailable, corrupt_file, cancelled.
Result<InstalledModel> install(const std::string& reference, const InstallOptions& options,
                               net::ProgressSink& progress);

}  // namespace hearth::gallery
