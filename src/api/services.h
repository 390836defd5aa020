// Services: what the endpoints work with, made once by app.
#pragma once

#include <atomic>
#include <cstdint>

#include "backends/model_registry.h"

namespace hearth::api {

struct Services {
  backends::ModelRegistry& models;
  bool strict_params = false;       // unknown fields are errors
  std::atomic<bool> ready = false;  // preloading is done
  // Since start, for GET /metrics.
  std::atomic<std::int64_t> n_requests = 0;
  std::atomic<std::int64_t> n_cancelled = 0;
  std::atomic<std::int64_t> n_failed = 0;
};

}  // namespace hearth::api
