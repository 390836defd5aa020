#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli.h"
#include "app/open_model.h"
#include "base/json.h"
#include "engine/engine.h"

namespace hearth::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Counts the tokens of one sequence; the engine is stepped by this thread, so nothing is shared.
class CountingSink final : public engine::TokenSink {
 public:
  void on_token(engine::TokenEvent event) override {
    n_tokens += event.token.has_value() ? 1 : 0;
    finished = finished || event.finish.has_value();
    if (!event.error.empty()) {
      error = std::move(event.error);
    }
  }

  std::int64_t n_tokens = 0;
  bool finished = false;
  std::string error;
};

// Token ids spread over the vocabulary, the same in every run.
std::vector<engine::TokenId> bench_prompt(std::int64_t n_tokens, std::int32_t n_vocab, std::uint32_t seed) {
  std::vector<engine::TokenId> tokens;
  for (std::int64_t i = 0; i < n_tokens; ++i) {
    seed = seed * 1664525U + 1013904223U;  // Numerical Recipes' linear congruential generator
    tokens.push_back(static_cast<engine::TokenId>((seed >> 8) % static_cast<std::uint32_t>(n_vocab)));
  }
  return tokens;
}

struct BenchRun {
  engine::Engine& engine;
  std::int32_t n_vocab;

  Result<std::shared_ptr<CountingSink>> submit(std::int64_t n_prompt, std::int64_t n_generate, std::uint32_t seed) {
    engine::SequenceRequest request;
    request.prompt = bench_prompt(n_prompt, n_vocab, seed);
    request.sampling.temperature = 0;
    request.max_new_tokens = n_generate;
    auto sink = std::make_shared<CountingSink>();
    HEARTH_TRY_VOID(engine.submit(std::move(request), sink));
    return sink;
  }

  // Prompt tokens per second of one sequence, its first token included.
  Result<double> prefill(std::int64_t n_prompt) {
    const auto start = Clock::now();
    HEARTH_TRY(const auto sink, submit(n_prompt, 1, 1));
    while (engine.step()) {
    }
    const double elapsed = seconds_since(start);
    HEARTH_TRY_VOID(check(*sink, 1));
    return static_cast<double>(n_prompt) / elapsed;
  }

  // Tokens per second over all sequences, from an empty context, from the first token of the last sequence on.
  Result<double> decode(std::int64_t n_sequences, std::int64_t n_generate) {
    std::vector<std::shared_ptr<CountingSink>> sinks;
    for (std::int64_t i = 0; i < n_sequences; ++i) {
      HEARTH_TRY(auto sink, submit(1, n_generate + 1, static_cast<std::uint32_t>(i + 1)));
      sinks.push_back(std::move(sink));
    }
    const auto total = [&sinks] {
      std::int64_t sum = 0;
      for (const auto& sink : sinks) {
        sum += sink->n_tokens;
      }
      return sum;
    };
    const auto all_started = [&sinks] {
      return std::all_of(sinks.begin(), sinks.end(), [](const auto& sink) { return sink->n_tokens > 0; });
    };
    while (!all_started() && engine.step()) {
    }
    const std::int64_t n_before = total();
    const auto start = Clock::now();
    while (engine.step()) {
    }
    const double elapsed = seconds_since(start);
    for (const auto& sink : sinks) {
      HEARTH_TRY_VOID(check(*sink, n_generate + 1));
    }
    return static_cast<double>(total() - n_before) / elapsed;
  }

  static Status check(const CountingSink& sink, std::int64_t n_expected) {
    if (!sink.finished || sink.n_tokens != n_expected) {
      return fail(ErrorCode::kInternal,
                  fmt::format("a benchmark sequence gave {} of {} tokens {}", sink.n_tokens, n_expected, sink.error));
    }
    return {};
  }
};

struct Figures {
  std::string isa;
  int n_threads = 0;
  double load_seconds = 0;
  double prefill_tps = 0;
  std::vector<std::pair<std::int64_t, double>> decode_tps;  // batch, total over the batch
};

Result<std::unique_ptr<engine::Engine>> make_engine(const OpenedModel& opened, const BenchOptions& options) {
  const std::int64_t largest_batch = *std::max_element(options.batches.begin(), options.batches.end());
  engine::EngineOptions engine_options;
  engine_options.context_size = opened.model->context_size();
  engine_options.max_sequences = static_cast<std::int32_t>(largest_batch);
  engine_options.max_queued = engine_options.max_sequences;
  engine_options.max_step_rows = opened.model->max_rows();
  engine_options.prefix_cache = false;
  engine_options.pool = opened.pool.get();
  std::int64_t position_bytes = 0;
  for (const model::KvGroup& group : opened.model->kv_groups()) {
    position_bytes += model::kv_layout(group, engine_options.kv_type).block_bytes / kernels::kKvBlockPositions;
  }
  const std::int64_t n_positions =
      opened.model->context_size() + largest_batch * (options.n_generate + 2 * kernels::kKvBlockPositions);
  // A state takes whole pages.
  const std::int64_t state_bytes =
      opened.model->state_floats() * static_cast<std::int64_t>(sizeof(float)) + kernels::kKvBlockPositions * 128;
  engine_options.kv_cache_bytes = n_positions * position_bytes + largest_batch * state_bytes;
  return engine::Engine::create(*opened.model, engine_options);
}

Result<Figures> measure(const BenchOptions& options) {
  HEARTH_TRY(const auto path, locate_model(options.model));
  const auto start = Clock::now();
  HEARTH_TRY(auto checkpoint, formats::open_checkpoint(path));
  HEARTH_TRY(const OpenedModel opened, load_for_command(std::move(checkpoint), options.model, false));
  Figures figures;
  figures.load_seconds = seconds_since(start);
  figures.isa = cpu::to_string(opened.isa);
  figures.n_threads = opened.pool->n_threads();
  HEARTH_TRY(const auto engine, make_engine(opened, options));
  BenchRun run{*engine, opened.model->n_vocab()};
  HEARTH_TRY_VOID(run.prefill(std::min<std::int64_t>(options.n_prompt, 32)));  // touches the weights once
  std::vector<double> prefill;
  std::map<std::int64_t, std::vector<double>> decode;
  for (std::int64_t i = 0; i < options.n_repeats; ++i) {
    HEARTH_TRY(const double prefill_tps, run.prefill(options.n_prompt));
    prefill.push_back(prefill_tps);
    for (const std::int64_t batch : options.batches) {
      HEARTH_TRY(const double tps, run.decode(batch, options.n_generate));
      decode[batch].push_back(tps);
    }
  }
  figures.prefill_tps = median(std::move(prefill));
  for (auto& [batch, values] : decode) {
    figures.decode_tps.emplace_back(batch, median(std::move(values)));
  }
  return figures;
}

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

void print_json(const BenchOptions& options, const Figures& figures) {
  Json decode = Json::object();
  for (const auto& [batch, tps] : figures.decode_tps) {
    decode[std::to_string(batch)] = tps;
  }
  const Json value = {
      {"model", options.model.model},       {"isa", figures.isa},          {"threads", figures.n_threads},
      {"prefill_tps", figures.prefill_tps}, {"decode_tps", decode},        {"load_s", figures.load_seconds},
      {"peak_rss_bytes", peak_rss_bytes()}, {"repeats", options.n_repeats}};
  std::fputs((base::dump_json(value) + "\n").c_str(), stdout);
}

void print_table(const BenchOptions& options, const Figures& figures) {
  fmt::print("{}: {}, {} thread(s), medians of {}\n", options.model.model, figures.isa, figures.n_threads,
             options.n_repeats);
  fmt::print("  prefill of {} tokens      {:9.1f} tok/s\n", options.n_prompt, figures.prefill_tps);
  for (const auto& [batch, tps] : figures.decode_tps) {
    fmt::print("  decode, {:3} stream(s)      {:9.1f} tok/s\n", batch, tps);
  }
  fmt::print("  load                      {:9.2f} s\n", figures.load_seconds);
  fmt::print("  peak memory               {:9.1f} MiB\n", static_cast<double>(peak_rss_bytes()) / (1 << 20));
}

}  // namespace

int run_bench(const BenchOptions& options) {
  const auto figures = measure(options);
  if (!figures) {
    return report_failure(figures.error());
  }
  if (options.json) {
    print_json(options, *figures);
  } else {
    print_table(options, *figures);
  }
  return kExitDone;
}

}  // namespace hearth::app
