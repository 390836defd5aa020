#include "app/command_serve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "api/error_body.h"
#include "api/routes.h"
#include "app/model_sources.h"
#include "backends/model_registry.h"
#include "backends/native/native_model.h"
#include "base/log.h"
#include "base/task_pool.h"
#include "cpu/topology.h"
#include "engine/engine_thread.h"
#include "gallery/builtin.h"
#include "gallery/install.h"
#include "http/server.h"

namespace hearth::app {
namespace {

constexpr int kNTextThreads = 2;  // detokenising and the callbacks of loads

base::LogLevel log_level_of(const std::string& name) {
  if (name == "debug") {
    return base::LogLevel::kDebug;
  }
  if (name == "warning" || name == "warn") {
    return base::LogLevel::kWarning;
  }
  return name == "error" ? base::LogLevel::kError : base::LogLevel::kInfo;
}

std::uint64_t memory_of_machine() {
  const long n_pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGE_SIZE);
  return n_pages > 0 && page_bytes > 0 ? static_cast<std::uint64_t>(n_pages) * static_cast<std::uint64_t>(page_bytes)
                                       : std::uint64_t{4} << 30;
}

std::uint64_t memory_budget(const config::MemoryLimit& limit) {
  return limit.fraction ? static_cast<std::uint64_t>(*limit.fraction * static_cast<double>(memory_of_machine()))
                        : limit.bytes;
}

// The bytes of an installation, as lines in the log.
class LoggedProgress final : public net::ProgressSink {
 public:
  void on_progress(const net::TransferProgress& progress) override {
    const auto tenth = progress.total_bytes.value_or(0) == 0
                           ? static_cast<std::int64_t>(progress.done_bytes >> 26U)
                           : static_cast<std::int64_t>(progress.done_bytes * 10 / *progress.total_bytes);
    if (tenth != std::exchange(last_tenth_, tenth)) {
      base::log_info("downloading {}: {} MiB", progress.name, progress.done_bytes >> 20U);
    }
  }
  void on_note(std::string_view line) override { base::log_info("{}", line); }

 private:
  std::int64_t last_tenth_ = -1;
};

void log_request(const http::AccessRecord& record) {
  // Load balancers and scrapers ask every few seconds: their lines would bury the others.
  const bool routine = record.path == "/healthz" || record.path == "/readyz" || record.path == "/metrics";
  if (routine && record.status == 200 && !base::log_enabled(base::LogLevel::kDebug)) {
    return;
  }
  base::log_info("{} {} {} {} ms{}{}{}", record.method, record.path, record.status, record.duration.count(),
                 record.tokens.empty() ? "" : " ", record.tokens, record.cancelled ? " (client left)" : "");
}

http::ServerOptions http_options(const config::ServerSettings& settings) {
  http::ServerOptions options;
  options.host = settings.address.host;
  options.port = settings.address.port;
  options.body_limit_bytes = settings.upload_limit_bytes;
  options.api_keys = settings.api_keys;
  options.opaque_errors = settings.opaque_errors;
  options.cors = {.enabled = settings.cors, .allow_origins = settings.cors_allow_origins};
  return options;
}

// Everything that serves, in the order in which it must be destroyed backwards.
class Serving {
 public:
  Serving(const config::ServerSettings& settings, cpu::IsaLevel isa)
      : settings_(settings),
        sources_(settings.models_path),
        text_pool_(kNTextThreads, std::numeric_limits<std::size_t>::max()),
        engine_thread_(std::make_shared<engine::EngineThread>(settings.threads > 0 ? static_cast<int>(settings.threads)
                                                                                   : cpu::default_thread_count())),
        registry_(registry_options(settings), registry_functions(isa), text_pool_),
        services_{.models = registry_, .strict_params = settings.strict_params} {}

  ~Serving() {
    stopping_ = true;
    if (preloader_.joinable()) {
      preloader_.join();
    }
    server_.reset();
    // What was cancelled is freed at the engine's next step; models go after that.
    for (int i = 0; i < 400 && busy(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Status start() {
    HEARTH_TRY(server_, http::Server::start(http_options(settings_), api::routes(services_, !settings_.disable_metrics),
                                            api::failure_body, log_request));
    preloader_ = std::thread([this] { preload(); });
    return {};
  }
  int port() const { return server_->port(); }
  void drain() { server_->drain(std::chrono::seconds(settings_.drain_seconds)); }
  // A name for the curl line: what is preloaded, else an installed model; "" when there is none.
  std::string example_model() {
    if (!settings_.preload.empty()) {
      return settings_.preload.front();
    }
    const auto sources = sources_.list(false);
    return sources && !sources->empty() ? sources->front().name : "";
  }

 private:
  bool busy() const {
    return std::ranges::any_of(registry_.stats(), [](const backends::ModelStats& stats) {
      return stats.n_running > 0 || stats.n_waiting > 0;
    });
  }

  static backends::RegistryOptions registry_options(const config::ServerSettings& settings) {
    backends::RegistryOptions options;
    options.strict_models = settings.strict_models;
    options.max_memory_bytes = memory_budget(settings.max_memory);
    options.default_model = settings.preload.empty() ? "" : settings.preload.front();
    return options;
  }

  backends::RegistryFunctions registry_functions(cpu::IsaLevel isa) {
    backends::NativeOptions native{.context_size = settings_.context_size,
                                   .kv_cache_bytes = settings_.kv_cache_bytes,
                                   .kv_cache_type = settings_.kv_cache_type,
                                   .max_queued = settings_.max_queued,
                                   .isa = isa};
    backends::RegistryFunctions functions;
    functions.list = [this](bool fresh) { return sources_.list(fresh); };
    functions.load = [this, native](const backends::ModelSource& source, std::uint64_t memory_bytes) {
      return backends::load_native_model(source, memory_bytes, native, engine_thread_, text_pool_);
    };
    if (settings_.autoload_galleries) {
      functions.can_install = [](const std::string& name) { return gallery::find_gallery_entry(name) != nullptr; };
      functions.install = [this](const std::string& name) -> Status {
        HEARTH_TRY([[maybe_unused]] const std::string installed, install(name));
        return {};
      };
    }
    return functions;
  }

  Result<std::string> install(const std::string& reference) {
    LoggedProgress progress;
    gallery::InstallOptions options;
    options.models_path = settings_.models_path;
    options.cancel = &stopping_;
    HEARTH_TRY(const gallery::InstalledModel installed, gallery::install(reference, options, progress));
    return installed.name;
  }

  // Installed names are loaded; anything else is a reference that is installed first.
  void preload() {
    for (const std::string& reference : settings_.preload) {
      std::string name = reference;
      const auto sources = sources_.list(true).value_or(std::vector<backends::ModelSource>{});
      const bool installed = std::ranges::any_of(sources, [&](const auto& source) {
        return source.name == name || source.file.filename() == name || source.file.stem() == name;
      });
      if (!installed) {
        Result<std::string> fetched = install(reference);
        if (!fetched) {
          base::log_error("preloading {} failed: {}", reference, fetched.error().message);
          continue;
        }
        name = *std::move(fetched);
      }
      if (stopping_) {
        return;
      }
      if (const auto lease = registry_.acquire_now(name); !lease) {
        base::log_error("preloading {} failed: {}", reference, lease.error().message);
      }
    }
    services_.ready = true;
  }

  config::ServerSettings settings_;
  std::atomic<bool> stopping_ = false;
  ModelSources sources_;
  base::TaskPool text_pool_;
  std::shared_ptr<engine::EngineThread> engine_thread_;
  backends::ModelRegistry registry_;
  api::Services services_;
  std::unique_ptr<http::Server> server_;
  std::thread preloader_;
};

void print_start(const config::ServerSettings& settings, int port, const std::string& model) {
  const std::string host = settings.address.host.empty() ? "127.0.0.1" : settings.address.host;
  const std::string url =
      fmt::format("http://{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port);
  base::log_info("Hearth serves {} on {}{}", settings.models_path, url, model.empty() ? "" : "; try:");
  if (model.empty()) {
    base::log_info("no model is installed yet: hearth pull smollm2-135m-instruct");
    return;
  }
  const std::string key = settings.api_keys.empty() ? "" : " -H 'Authorization: Bearer YOUR_KEY'";
  base::log_info(
      "  curl {}/v1/chat/completions -H 'Content-Type: application/json'{} -d "
      "'{{\"model\":\"{}\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello!\"}}]}}'",
      url, key, model);
}

int fail_start(const Error& error) {
  std::fprintf(stderr, "hearth serve: %s\n", error.message.c_str());
  return 1;
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void request_shutdown() {
  ::kill(::getpid(), SIGTERM);
}

int run_serve(const config::ServerSettings& settings, const std::vector<std::string>& unused_flags,
              const std::function<void(int port)>& on_listening) {
  base::set_log_level(log_level_of(settings.log_level));
  if (!settings.tls_certificate.empty() || !settings.tls_key.empty()) {
    return fail_start({ErrorCode::kUnsupported, "this build serves plain HTTP only; put a TLS proxy before it"});
  }
  const Result<cpu::IsaLevel> isa = cpu::select_level();
  if (!isa) {
    return fail_start(isa.error());
  }
  // Blocked before any thread is made, so that only sigwait() below sees them.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Serving serving(settings, *isa);
  if (const Status started = serving.start(); !started) {
    return fail_start(started.error());
  }
  print_start(settings, serving.port(), serving.example_model());
  if (!unused_flags.empty()) {
    base::log_info("accepted without effect: {}", fmt::join(unused_flags, ", "));
  }
  if (on_listening) {
    on_listening(serving.port());
  }
  int signal = 0;
  sigwait(&signals, &signal);
  // A second Ctrl-C ends the process without waiting.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  base::log_info("stopping: running requests have {} s to finish", settings.drain_seconds);
  serving.drain();
  return 0;
}

}  // namespace hearth::app
