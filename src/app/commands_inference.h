// The commands that compute with one model and no server: hearth logits, bench, perplexity, run, and show.
//
// app/cli parses the flags and calls them. Each returns the process's exit code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hearth::app {

// What every one of them needs to open MODEL: a name in the models folder, a file, a folder, or a reference to pull.
struct ModelOptions {
  std::string model;
  std::filesystem::path models_path = "models";
  std::int64_t threads = 0;       // 0: as many as physical cores
  std::int64_t context_size = 0;  // 0: min(trained, 8192); -1: trained
};

struct LogitsOptions {
  ModelOptions model;
  std::vector<std::int32_t> tokens;
  bool exact = false;           // --precision exact
  std::int64_t n_generate = 0;  // greedy tokens after the prompt, no stop
  std::int64_t chunk = 0;       // rows per step; 0: as many as fit
};
int run_logits(const LogitsOptions& options);

struct ShowOptions {
  ModelOptions model;
  bool json = false;
};
int run_show(const ShowOptions& options);

struct BenchOptions {
  ModelOptions model;
  std::int64_t n_prompt = 512;
  std::int64_t n_generate = 128;
  std::vector<std::int64_t> batches = {1};
  std::int64_t n_repeats = 5;
  bool json = false;
};
int run_bench(const BenchOptions& options);

struct PerplexityOptions {
  ModelOptions model;
  std::filesystem::path file;
  bool exact = false;
  bool json = false;
};
int run_perplexity(const PerplexityOptions& options);

struct ChatOptions {
  ModelOptions model;
  std::string prompt;  // empty: read turns from the terminal
  std::string system;
  double temperature = -1;  // negative: the model's own
  std::int64_t max_tokens = 0;
  std::int64_t seed = -1;
};
int run_chat(const ChatOptions& options);

}  // namespace hearth::app
