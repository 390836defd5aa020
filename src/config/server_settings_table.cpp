// The table of `hearth serve`'s flags. A row without a target is a flag of LocalAI that has no use here: it is accepted
// and said once.
#include "config/server_settings.h"

namespace hearth::config {
namespace {

#define HEARTH_SETTING(member) [](ServerSettings& settings) { return &settings.member; }

const Setting kSettings[] = {
    {"models-path", "", "./models", "the folder of weights and YAML files", HEARTH_SETTING(models_path)},
    {"address", "", "127.0.0.1:8080", "where to listen; :8080 is every interface", HEARTH_SETTING(address)},
    {"preload", "models", "", "models to install and load before the server is ready", HEARTH_SETTING(preload)},
    {"context-size", "", "min(trained, 8192)", "most tokens of prompt and reply; -1: as trained",
     HEARTH_SETTING(context_size), "", -1},
    {"threads", "", "physical cores", "threads that compute; 0: as many as physical cores", HEARTH_SETTING(threads)},
    {"api-keys", "api-key", "", "keys that requests must carry, separated by commas", HEARTH_SETTING(api_keys)},
    {"max-memory", "", "80%", "for weights and caches, a share of the machine's memory or a size",
     HEARTH_SETTING(max_memory)},
    {"kv-cache-bytes", "", "what max-memory leaves", "for attention caches", HEARTH_SETTING(kv_cache_bytes)},
    {"kv-cache-type", "", "f16", "how attention caches are kept", HEARTH_SETTING(kv_cache_type), "f32|f16|q8_0"},
    {"max-queued", "", "256", "requests that may wait; beyond it the answer is 429", HEARTH_SETTING(max_queued)},
    {"strict-models", "", "false", "an unknown model is an error even when only one is installed",
     HEARTH_SETTING(strict_models)},
    {"strict-params", "", "false", "an unknown request field is an error", HEARTH_SETTING(strict_params)},
    {"autoload-galleries", "autoload", "true", "installs a gallery model when a request names it",
     HEARTH_SETTING(autoload_galleries)},
    {"models-config-file", "config-file", "", "a YAML list of models", HEARTH_SETTING(models_config_file)},
    {"cors", "", "false", "sends CORS headers", HEARTH_SETTING(cors)},
    {"cors-allow-origins", "", "*", "origins that CORS allows", HEARTH_SETTING(cors_allow_origins)},
    {"upload-limit", "", "15MiB", "largest request body", HEARTH_SETTING(upload_limit_bytes)},
    {"tls-certificate", "", "", "a PEM file; with tls-key the server speaks https", HEARTH_SETTING(tls_certificate)},
    {"tls-key", "", "", "a PEM file", HEARTH_SETTING(tls_key)},
    {"opaque-errors", "", "false", "error bodies say nothing", HEARTH_SETTING(opaque_errors)},
    {"disable-metrics-endpoint", "", "false", "no /metrics", HEARTH_SETTING(disable_metrics)},
    {"drain-seconds", "", "30", "how long a stopping server finishes its requests", HEARTH_SETTING(drain_seconds)},
    {"log-level", "", "info", "how much is logged", HEARTH_SETTING(log_level), "debug|info|warning|error"},
    {"f16", "", "", "the attention cache's type is --kv-cache-type", {}},
    {"preload-models", "", "", "", {}},
    {"preload-models-config", "", "", "", {}},
    {"load-to-memory", "", "", "", {}},
    {"galleries", "", "", "", {}},
    {"remote-library", "", "", "", {}},
    {"parallel-requests", "", "", "always on", {}},
    {"single-active-backend", "", "", "", {}},
    {"max-active-backends", "", "", "", {}},
    {"enable-watchdog-idle", "", "", "", {}},
    {"enable-watchdog-busy", "", "", "", {}},
    {"watchdog-idle-timeout", "", "", "", {}},
    {"watchdog-busy-timeout", "", "", "", {}},
    {"external-grpc-backends", "", "", "", {}},
    {"subtle-key-comparison", "", "", "always on", {}},
    {"disable-webui", "", "", "", {}},
    {"disable-gallery-endpoint", "", "", "", {}},
    {"disable-predownload-scan", "", "", "", {}},
    {"localai-config-dir", "", "", "", {}},
    {"preload-backend-only", "", "", "", {}},
    {"machine-tag", "", "", "", {}},
};

#undef HEARTH_SETTING

}  // namespace

std::span<const Setting> server_settings() {
  return kSettings;
}

}  // namespace hearth::config
