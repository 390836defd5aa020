#include "api/routes.h"

#include <string>

#include "api/chat_completions.h"
#include "api/completions.h"
#include "api/edits.h"
#include "api/health.h"
#include "api/metrics.h"
#include "api/models.h"
#include "api/tokenize.h"

namespace hearth::api {

std::vector<http::Route> routes(Services& services, bool with_metrics) {
  std::vector<http::Route> routes{
      {"GET", "/healthz", health_handler(), false},
      {"GET", "/readyz", ready_handler(services), false},
      {"GET", "/version", version_handler(), false},
      {"POST", "/v1/engines/{model}/completions", completions_handler(services)},
  };
  // LocalAI serves every path with and without /v1.
  for (const std::string prefix : {"/v1", ""}) {
    routes.push_back({"POST", prefix + "/chat/completions", chat_completions_handler(services)});
    routes.push_back({"POST", prefix + "/completions", completions_handler(services)});
    routes.push_back({"POST", prefix + "/edits", edits_handler(services)});
    routes.push_back({"GET", prefix + "/models", list_models_handler(services)});
    routes.push_back({"GET", prefix + "/models/{id*}", get_model_handler(services)});
    routes.push_back({"POST", prefix + "/tokenize", tokenize_handler(services)});
    routes.push_back({"POST", prefix + "/detokenize", detokenize_handler(services)});
  }
  if (with_metrics) {
    routes.push_back({"GET", "/metrics", metrics_handler(services)});
  }
  return routes;
}

}  // namespace hearth::api
