#include "backends/model_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "base/log.h"

namespace hearth::backends {
namespace {

std::unexpected<RequestError> refuse(Reason reason, std::string message, std::string param = {}) {
  return std::unexpected(RequestError{reason, std::move(message), std::move(param)});
}

bool names_file(const std::string& name, const ModelSource& source) {
  return name == source.file.filename().string() || (!source.is_folder && name == source.file.stem().string());
}

std::string names_of(const std::vector<ModelSource>& sources) {
  std::string names;
  for (const ModelSource& source : sources) {
    names += (names.empty() ? "" : ", ") + source.name;
  }
  return names;
}

RequestError load_error(const std::string& name, const Error& error) {
  const bool unsupported = error.code == ErrorCode::kUnsupported;
  return {unsupported ? Reason::kUnsupported : Reason::kInternal,
          fmt::format("The model '{}' could not be loaded: {}", name, error.message), unsupported ? "model" : ""};
}

}  // namespace

ModelRegistry::ModelRegistry(RegistryOptions options, RegistryFunctions functions, base::TaskPool& pool)
    : options_(std::move(options)), functions_(std::move(functions)), pool_(pool) {
  loader_ = std::thread([this] { run_jobs(loads_); });
  installer_ = std::thread([this] { run_jobs(installs_); });
  clock_ = std::thread([this] { run_clock(); });
}

ModelRegistry::~ModelRegistry() {
  std::vector<Waiting> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [name, entry] : entries_) {
      std::ranges::move(entry.waiting, std::back_inserter(left));
      entry.waiting.clear();
    }
  }
  changed_.notify_all();
  for (std::thread* thread : {&loader_, &installer_, &clock_}) {
    thread->join();
  }
  for (Waiting& waiting : left) {
    waiting.waiter.ready(refuse(Reason::kLoading, "The server is shutting down."));
  }
}

RequestResult<ModelRegistry::Choice> ModelRegistry::choose_unnamed(const std::vector<ModelSource>& sources) const {
  if (sources.empty()) {
    return refuse(Reason::kModelNotFound,
                  "No model is installed. Install one with `hearth pull smollm2-135m-instruct`.", "model");
  }
  if (sources.size() == 1) {
    return Choice{.source = sources.front()};
  }
  const auto chosen = std::ranges::find(sources, options_.default_model, &ModelSource::name);
  if (chosen != sources.end()) {
    return Choice{.source = *chosen};
  }
  return refuse(Reason::kModelMissing,
                fmt::format("Missing required parameter: 'model'. Installed models: {}.", names_of(sources)), "model");
}

std::optional<ModelRegistry::Choice> ModelRegistry::find_named(const std::string& name,
                                                               const std::vector<ModelSource>& sources) {
  auto found = std::ranges::find(sources, name, &ModelSource::name);
  if (found == sources.end()) {
    found = std::ranges::find_if(sources, [&](const ModelSource& source) { return names_file(name, source); });
  }
  return found == sources.end() ? std::nullopt : std::optional(Choice{.source = *found});
}

RequestResult<ModelRegistry::Choice> ModelRegistry::choose(const std::string& name) const {
  Result<std::vector<ModelSource>> sources = functions_.list(false);
  std::optional<Choice> choice = sources ? find_named(name, *sources) : std::nullopt;
  if (!choice) {
    // The second look is for a model that was copied in a moment ago.
    sources = functions_.list(true);
    if (!sources) {
      return refuse(Reason::kInternal, sources.error().message);
    }
    choice = find_named(name, *sources);
  }
  if (choice) {
    return *std::move(choice);
  }
  return name.empty() ? choose_unnamed(*sources) : choose_other(name, *sources);
}

// For a name that no installed model has.
RequestResult<ModelRegistry::Choice> ModelRegistry::choose_other(const std::string& name,
                                                                 const std::vector<ModelSource>& sources) const {
  if (functions_.can_install && functions_.can_install(name)) {
    return Choice{.source = {.name = name}, .needs_install = true};
  }
  if (sources.size() == 1 && !options_.strict_models) {
    return Choice{.source = sources.front(), .substituted = true};
  }
  const std::string installed = sources.empty() ? "No model is installed; `hearth pull` installs one."
                                                : fmt::format("Installed models: {}.", names_of(sources));
  return refuse(Reason::kModelNotFound, fmt::format("The model '{}' does not exist. {}", name, installed), "model");
}

void ModelRegistry::acquire(const std::string& name, Waiter waiter) {
  RequestResult<Choice> choice = choose(name);
  if (!choice) {
    waiter.ready(std::unexpected(std::move(choice).error()));
    return;
  }
  std::shared_ptr<LoadedModel> stale;  // destroyed outside the lock
  RequestResult<Lease> result;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(choice->source.name);
    const bool loaded = found != entries_.end() && found->second.model;
    if (loaded && (choice->needs_install || found->second.source.modified == choice->source.modified)) {
      found->second.last_used = Clock::now();
      result = Lease{found->second.model, found->first, choice->substituted};
    } else if (stopping_) {
      result = refuse(Reason::kLoading, "The server is shutting down.");
    } else if (n_waiting_ >= options_.max_waiting) {
      result = refuse(Reason::kOverloaded, "Too many requests wait for models to load. Try again later.");
    } else {
      if (loaded) {
        base::log_info("model {} changed on disk: loading it again", choice->source.name);
        stale = std::exchange(found->second.model, nullptr);
      }
      enqueue(*choice, std::move(waiter));
      return;
    }
  }
  waiter.ready(std::move(result));
}

// Under the lock.
void ModelRegistry::enqueue(const Choice& choice, Waiter waiter) {
  const std::string& name = choice.source.name;
  Entry& entry = entries_[name];
  const bool first = !std::exchange(entry.loading, true);
  if (!choice.needs_install) {
    entry.source = choice.source;
  }
  entry.waiting.push_back({std::move(waiter), Clock::now() + options_.max_wait, choice.substituted});
  ++n_waiting_;
  if (first) {
    (choice.needs_install ? installs_ : loads_).push_back({.name = name, .install = choice.needs_install});
  }
  changed_.notify_all();
}

void ModelRegistry::run_jobs(std::list<Job>& jobs) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !jobs.empty(); });
      if (stopping_) {
        return;
      }
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    if (job.install) {
      run_install(job.name);
    } else {
      run_load(job.name);
    }
  }
}

void ModelRegistry::run_install(const std::string& name) {
  base::log_info("installing {}: a request asks for it", name);
  if (const Status installed = functions_.install(name); !installed) {
    finish(name, std::unexpected(installed.error()));
    return;
  }
  Result<std::vector<ModelSource>> sources = functions_.list(true);
  const std::optional<Choice> found = sources ? find_named(name, *sources) : std::nullopt;
  if (!found) {
    finish(name, fail(ErrorCode::kNotFound, "installed, but the models folder does not list it"));
    return;
  }
  const std::lock_guard lock(mutex_);
  std::vector<Waiting> waiting = std::move(entries_[name].waiting);
  entries_.erase(name);
  Entry& entry = entries_[found->source.name];
  std::ranges::move(waiting, std::back_inserter(entry.waiting));
  entry.source = found->source;
  if (!std::exchange(entry.loading, true)) {
    loads_.push_back({.name = found->source.name});
  }
  changed_.notify_all();
}

RequestResult<std::uint64_t> ModelRegistry::make_room(const ModelSource& source) {
  std::vector<std::shared_ptr<LoadedModel>> evicted;  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  for (;;) {
    std::uint64_t used = 0;
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (!at->second.model) {
        continue;
      }
      used += at->second.model->memory_bytes();
      const bool idle = at->second.model.use_count() == 1;
      if (idle && (oldest == entries_.end() || at->second.last_used < oldest->second.last_used)) {
        oldest = at;
      }
    }
    if (used + source.size_bytes <= options_.max_memory_bytes) {
      return options_.max_memory_bytes - used;
    }
    if (oldest == entries_.end()) {
      return refuse(Reason::kOverloaded,
                    fmt::format("The model '{}' needs {} MiB, and {} MiB of the budget of {} MiB are in use.",
                                source.name, source.size_bytes >> 20, used >> 20, options_.max_memory_bytes >> 20));
    }
    base::log_info("model {} unloaded to make room for {}", oldest->first, source.name);
    evicted.push_back(std::move(oldest->second.model));
    if (!oldest->second.loading) {
      entries_.erase(oldest);
    }
  }
}

void ModelRegistry::run_load(const std::string& name) {
  ModelSource source;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[name];
    source = entry.source;
    wanted = std::ranges::any_of(entry.waiting, [](const Waiting& w) { return !w.waiter.gone || !w.waiter.gone(); });
  }
  if (!wanted) {
    finish(name, fail(ErrorCode::kCancelled, "nobody waits for it any more"));
    return;
  }
  const RequestResult<std::uint64_t> room = make_room(source);
  if (!room) {
    finish(name, fail(ErrorCode::kOverloaded, room.error().message));
    return;
  }
  const auto begin = Clock::now();
  Result<std::shared_ptr<LoadedModel>> loaded = functions_.load(source, *room);
  if (loaded) {
    const std::chrono::duration<double> seconds = Clock::now() - begin;
    base::log_info("model {} loaded in {:.2f} s, {} MiB, context {}", name, seconds.count(),
                   (*loaded)->memory_bytes() >> 20, (*loaded)->context_size());
  } else {
    base::log_error("model {} not loaded: {}", name, loaded.error().message);
  }
  finish(name, std::move(loaded));
}

void ModelRegistry::finish(const std::string& name, Result<std::shared_ptr<LoadedModel>> loaded) {
  std::vector<Waiting> waiting;
  RequestResult<Lease> result;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[name];
    waiting = std::exchange(entry.waiting, {});
    n_waiting_ -= waiting.size();
    entry.loading = false;
    if (loaded) {
      entry.model = *std::move(loaded);
      entry.last_used = Clock::now();
      result = Lease{entry.model, name};
    } else {
      entries_.erase(name);
      result = loaded.error().code == ErrorCode::kOverloaded
                   ? RequestResult<Lease>(refuse(Reason::kLoading, loaded.error().message))
                   : RequestResult<Lease>(std::unexpected(load_error(name, loaded.error())));
    }
  }
  for (Waiting& one : waiting) {
    answer(std::move(one), result);
  }
}

void ModelRegistry::answer(Waiting waiting, RequestResult<Lease> result) {
  if (result) {
    result->substituted = waiting.substituted;
  }
  // Moved on, not copied: a lease left behind would keep the model from being evicted.
  auto task = [ready = std::move(waiting.waiter.ready), result = std::move(result)]() mutable {
    ready(std::move(result));
  };
  if (!pool_.post(task)) {
    task();
  }
}

// Tells who waits that loading goes on, and gives up on those who waited too long. Sleeps while nobody waits.
void ModelRegistry::run_clock() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || n_waiting_ > 0; });
    changed_.wait_for(lock, options_.waiting_interval, [this] { return stopping_; });
    if (stopping_) {
      return;
    }
    std::vector<std::pair<std::function<void(const std::string&)>, std::string>> told;
    std::vector<std::pair<Waiting, std::string>> expired;
    for (auto& [name, entry] : entries_) {
      for (auto at = entry.waiting.begin(); at != entry.waiting.end();) {
        if (Clock::now() >= at->deadline) {
          expired.emplace_back(std::move(*at), name);
          at = entry.waiting.erase(at);
          --n_waiting_;
          continue;
        }
        if (at->waiter.waiting) {
          told.emplace_back(at->waiter.waiting, fmt::format("loading model {}", name));
        }
        ++at;
      }
    }
    lock.unlock();
    for (const auto& [tell, what] : told) {
      tell(what);
    }
    for (auto& [waiting, name] : expired) {
      answer(std::move(waiting), refuse(Reason::kLoading, fmt::format("The model '{}' is still loading.", name)));
    }
    lock.lock();
  }
}

RequestResult<Lease> ModelRegistry::acquire_now(const std::string& name) {
  auto promise = std::make_shared<std::promise<RequestResult<Lease>>>();
  std::future<RequestResult<Lease>> future = promise->get_future();
  acquire(name, {.ready = [promise](RequestResult<Lease> result) { promise->set_value(std::move(result)); }});
  return future.get();
}

std::vector<std::string> ModelRegistry::loaded_names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (entry.model) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<ModelStats> ModelRegistry::stats() const {
  std::vector<std::pair<std::string, std::shared_ptr<LoadedModel>>> models;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : entries_) {
      if (entry.model) {
        models.emplace_back(name, entry.model);
      }
    }
  }
  std::vector<ModelStats> all;
  for (const auto& [name, model] : models) {
    all.push_back(model->stats());
    all.back().name = name;
  }
  return all;
}

}  // namespace hearth::backends
