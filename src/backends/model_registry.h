// ModelRegistry: which models are installed and loaded, and who waits for one that is neither yet.
//
// A request names a model; the registry finds it, has it loaded in the background of other models' traffic (one load is
// shared by all who wait), evicts the least recently used idle ones when memory is short, and reloads one whose files
// changed. What it cannot do itself (list the folder, load, install from a gallery) are functions that app gives it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/loaded_model.h"
#include "base/task_pool.h"

namespace hearth::backends {

struct RegistryOptions {
  bool strict_models = false;  // an unknown name is never answered by the only model
  std::uint64_t max_memory_bytes = 0;
  std::chrono::milliseconds max_wait{300'000};  // for a load or an installation
  std::chrono::milliseconds waiting_interval{2'000};
  std::size_t max_waiting = 256;
  std::string default_model;  // for a request that names none
};

struct RegistryFunctions {
  // May answer from a cache unless `fresh`.
  std::function<Result<std::vector<ModelSource>>(bool fresh)> list;
  // `memory_bytes` is what weights and KV cache may take together.
  std::function<Result<std::shared_ptr<LoadedModel>>(const ModelSource&, std::uint64_t memory_bytes)> load;
  std::function<bool(const std::string& name)> can_install;  // may be null
  std::function<Status(const std::string& name)> install;
};

// What a request gets: holding it keeps the model from being evicted.
struct Lease {
  std::shared_ptr<LoadedModel> model;
  std::string name;
  bool substituted = false;  // answered by the only model instead of the one named
};

class ModelRegistry {
 public:
  // `pool` runs the callbacks; it must outlive the registry.
  ModelRegistry(RegistryOptions options, RegistryFunctions functions, base::TaskPool& pool);
  // Waits for a running load; who still waits gets an error.
  ~ModelRegistry();

  struct Waiter {
    std::function<void(RequestResult<Lease>)> ready;  // exactly once, on the calling thread or on the pool
    std::function<void(const std::string& what)> waiting;
    std::function<bool()> gone;  // the client went away: not worth a load any more
  };
  // Calls `ready` at once for a loaded model and for errors that need no load.
  void acquire(const std::string& name, Waiter waiter);
  // Blocks until loaded; for --preload.
  RequestResult<Lease> acquire_now(const std::string& name);

  Result<std::vector<ModelSource>> installed() const { return functions_.list(true); }
  std::vector<std::string> loaded_names() const;
  std::vector<ModelStats> stats() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    Waiter waiter;
    Clock::time_point deadline;
    bool substituted = false;
  };
  struct Entry {
    ModelSource source;
    std::shared_ptr<LoadedModel> model;  // null while loading
    Clock::time_point last_used;
    bool loading = false;  // a job for it is queued or running
    std::vector<Waiting> waiting;
  };
  struct Job {
    std::string name;
    bool install = false;
  };
  struct Choice {
    ModelSource source;
    bool substituted = false;
    bool needs_install = false;
  };

  static std::optional<Choice> find_named(const std::string& name, const std::vector<ModelSource>& sources);
  RequestResult<Choice> choose(const std::string& name) const;
  RequestResult<Choice> choose_other(const std::string& name, const std::vector<ModelSource>& sources) const;
  RequestResult<Choice> choose_unnamed(const std::vector<ModelSource>& sources) const;
  void enqueue(const Choice& choice, Waiter waiter);
  void run_jobs(std::list<Job>& jobs);
  void run_load(const std::string& name);
  void run_install(const std::string& name);
  void run_clock();
  RequestResult<std::uint64_t> make_room(const ModelSource& source);
  void finish(const std::string& name, Result<std::shared_ptr<LoadedModel>> loaded);
  void answer(Waiting waiting, RequestResult<Lease> result);

  RegistryOptions options_;
  RegistryFunctions functions_;
  base::TaskPool& pool_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;  // loaded and loading, by name
  std::list<Job> loads_;
  std::list<Job> installs_;
  std::size_t n_waiting_ = 0;
  bool stopping_ = false;
  std::thread loader_;
  std::thread installer_;
  std::thread clock_;
};

}  // namespace hearth::backends
