#include "api/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

namespace hearth::api {
namespace {

using backends::ModelStats;

struct ModelMetric {
  const char* name;
  const char* help;
  bool is_counter;
  std::int64_t ModelStats::* value;
};

constexpr ModelMetric kModelMetrics[] = {
    {"hearth_sequences_running", "Sequences in the batch", false, &ModelStats::n_running},
    {"hearth_sequences_waiting", "Sequences in the queue", false, &ModelStats::n_waiting},
    {"hearth_kv_blocks", "Blocks of the KV cache", false, &ModelStats::n_kv_blocks},
    {"hearth_kv_blocks_free", "Blocks that no sequence holds", false, &ModelStats::n_free_kv_blocks},
    {"hearth_kv_blocks_cached", "Blocks kept by the prefix cache", false, &ModelStats::n_cached_kv_blocks},
    {"hearth_preemptions_total", "Sequences put back for want of blocks", true, &ModelStats::n_preemptions},
    {"hearth_prompt_tokens_total", "Prompt tokens computed", true, &ModelStats::n_prompt_tokens},
    {"hearth_cached_tokens_total", "Prompt tokens taken from the prefix cache", true, &ModelStats::n_cached_tokens},
    {"hearth_generated_tokens_total", "Tokens generated", true, &ModelStats::n_generated_tokens},
};

prometheus::ClientMetric metric(std::int64_t value, bool is_counter) {
  prometheus::ClientMetric metric;
  (is_counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
  return metric;
}

prometheus::MetricFamily family(const char* name, const char* help, bool is_counter) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  return family;
}

}  // namespace

std::string metrics_text(const Services& services) {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, std::int64_t value) {
    families.push_back(family(name, help, true));
    families.back().metric.push_back(metric(value, true));
  };
  add("hearth_requests_total", "Generating requests", services.n_requests);
  add("hearth_requests_cancelled_total", "Requests whose client went away", services.n_cancelled);
  add("hearth_requests_failed_total", "Requests that a fault of the server ended", services.n_failed);
  const std::vector<ModelStats> stats = services.models.stats();
  for (const ModelMetric& row : kModelMetrics) {
    prometheus::MetricFamily values = family(row.name, row.help, row.is_counter);
    for (const ModelStats& model : stats) {
      values.metric.push_back(metric(model.*row.value, row.is_counter));
      values.metric.back().label.push_back({"model", model.name});
    }
    families.push_back(std::move(values));
  }
  return prometheus::TextSerializer().Serialize(families);
}

http::Handler metrics_handler(Services& services) {
  return [&services](const http::HttpRequest&, const http::Responder& responder) {
    responder.send({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(services)});
  };
}

}  // namespace hearth::api
