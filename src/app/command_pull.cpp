#include <fmt/format.h>
#include <signal.h>

#include <atomic>

#include "app/commands_models.h"
#include "app/progress_bar.h"
#include "gallery/install.h"

namespace hearth::app {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

// Ctrl-C ends a download in order: the partial file stays for the next run, a child process goes. A second one kills.
class InterruptWatch {
 public:
  InterruptWatch() {
    interrupted = false;
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = true; };
    action.sa_flags = SA_RESETHAND;
    ::sigaction(SIGINT, &action, &before_);
  }
  ~InterruptWatch() { ::sigaction(SIGINT, &before_, nullptr); }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  struct sigaction before_ = {};
};

}  // namespace

int run_pull(const PullOptions& options) {
  const InterruptWatch watch;
  gallery::InstallOptions install_options;
  install_options.models_path = options.models_path;
  install_options.name = options.name;
  install_options.sha256 = options.sha256;
  install_options.verify = true;
  install_options.cancel = &interrupted;
  ProgressBar progress;
  const auto model = gallery::install(options.reference, install_options, progress);
  progress.finish();
  if (!model) {
    fmt::print(stderr, "hearth pull: {}\n", model.error().message);
    return 1;
  }
  const std::string state = model->already_present ? "is installed already" : "is installed from " + model->source;
  fmt::print("{} {}: {} ({})\n", model->name, state, model->file.string(), format_bytes(model->size_bytes));
  return 0;
}

}  // namespace hearth::app
