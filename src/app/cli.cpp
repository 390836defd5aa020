#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/command_serve.h"
#include "app/commands_inference.h"
#include "app/commands_models.h"
#include "base/version.h"
#include "config/server_settings.h"

namespace hearth::app {
namespace {

using Command = std::function<int()>;

int report(const Error& error) {
  std::fprintf(stderr, "hearth: %s\n", error.message.c_str());
  return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitFailed;
}

std::string default_models_path() {
  const char* path = std::getenv("HEARTH_MODELS_PATH");
  return path == nullptr ? "models" : path;
}

void add_models_path(CLI::App& verb, std::filesystem::path& path) {
  path = default_models_path();
  verb.add_option("--models-path", path, "Folder that holds the models (HEARTH_MODELS_PATH)")->capture_default_str();
}

void add_model_options(CLI::App& verb, ModelOptions& options) {
  verb.add_option("MODEL", options.model, "A name in the models folder, a file, a folder, or a URI")->required();
  add_models_path(verb, options.models_path);
  verb.add_option("--threads", options.threads, "Compute threads; 0: as many as physical cores")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--context-size", options.context_size, "Positions; -1: as trained; default min(trained, 8192)");
}

void add_precision(CLI::App& verb, bool& exact) {
  verb.add_option_function<std::string>(
          "--precision", [&exact](const std::string& text) { exact = text == "exact"; },
          "exact: fp32 on exactly dequantised weights; fast (default): what serving uses")
      ->check(CLI::IsMember({"exact", "fast"}));
}

Command add_logits(CLI::App& app) {
  auto options = std::make_shared<LogitsOptions>();
  CLI::App* verb = app.add_subcommand("logits", "Logits of a token sequence as JSON, for checking a file");
  add_model_options(*verb, options->model);
  verb->add_option("--tokens", options->tokens, "Token ids, separated by commas")->delimiter(',')->required();
  add_precision(*verb, options->exact);
  verb->add_option("--generate", options->n_generate, "Greedy tokens to add")->check(CLI::NonNegativeNumber);
  verb->add_option("--chunk", options->chunk, "Prompt rows per step; 0: as many as fit")->check(CLI::NonNegativeNumber);
  return [options] { return run_logits(*options); };
}

Command add_show(CLI::App& app) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* verb = app.add_subcommand("show", "What a model file is: architecture, encodings, context, template");
  add_model_options(*verb, options->model);
  verb->add_flag("--json", options->json, "Print JSON");
  return [options] { return run_show(*options); };
}

Command add_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = app.add_subcommand("bench", "Speed of prefill, decode and batched decode");
  add_model_options(*verb, options->model);
  verb->add_option("--prompt", options->n_prompt, "Prompt tokens")->capture_default_str()->check(CLI::PositiveNumber);
  verb->add_option("--generate", options->n_generate, "Tokens per sequence")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  verb->add_option("--batch", options->batches, "Sequences decoded at once, separated by commas")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  verb->add_option("--repeats", options->n_repeats, "Runs; medians are printed")->check(CLI::PositiveNumber);
  verb->add_flag("--json", options->json, "Print JSON");
  return [options] { return run_bench(*options); };
}

Command add_perplexity(CLI::App& app) {
  auto options = std::make_shared<PerplexityOptions>();
  CLI::App* verb = app.add_subcommand("perplexity", "Perplexity of a text, in windows of 512 tokens");
  add_model_options(*verb, options->model);
  verb->add_option("--file", options->file, "Text file, UTF-8")->required()->check(CLI::ExistingFile);
  add_precision(*verb, options->exact);
  verb->add_flag("--json", options->json, "Print JSON");
  return [options] { return run_perplexity(*options); };
}

Command add_run(CLI::App& app) {
  auto options = std::make_shared<ChatOptions>();
  CLI::App* verb = app.add_subcommand("run", "Chat with a model in the terminal, or answer one prompt");
  add_model_options(*verb, options->model);
  verb->add_option("PROMPT", options->prompt, "One question; without it, turns are read from the terminal");
  verb->add_option("--system", options->system, "System message");
  verb->add_option("--temperature", options->temperature, "0: greedy; default: the model's own")
      ->check(CLI::Range(0.0, 2.0));
  verb->add_option("--max-tokens", options->max_tokens, "Most tokens of one answer")->check(CLI::PositiveNumber);
  verb->add_option("--seed", options->seed, "Repeat an answer")->check(CLI::NonNegativeNumber);
  return [options] { return run_chat(*options); };
}

Command add_pull(CLI::App& app) {
  auto options = std::make_shared<PullOptions>();
  CLI::App* verb = app.add_subcommand("pull", "Download a model into the models folder");
  verb->add_option("REF", options->reference, "A gallery name, hf://owner/repo/file, an address, or a file")
      ->required();
  add_models_path(*verb, options->models_path);
  verb->add_option("--name", options->name, "The name to serve it under");
  verb->add_option("--sha256", options->sha256, "What the file must hash to");
  return [options] { return run_pull(*options); };
}

Command add_list(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* verb = app.add_subcommand("list", "The models that are installed, or can be pulled by name");
  add_models_path(*verb, options->models_path);
  verb->add_flag("--available", options->available, "The built-in gallery");
  verb->add_flag("--json", options->json, "Print JSON");
  return [options] { return run_list(*options); };
}

Command add_rm(CLI::App& app) {
  auto options = std::make_shared<RemoveOptions>();
  CLI::App* verb = app.add_subcommand("rm", "Remove a model from the models folder");
  verb->add_option("MODEL", options->name, "Name or file name")->required();
  add_models_path(*verb, options->models_path);
  return [options] { return run_rm(*options); };
}

// The flags of `serve` are the rows of config's table; values are kept as text and applied over the environment.
struct ServeArguments {
  std::vector<std::pair<const config::Setting*, std::string>> given;
};

int serve_with(const ServeArguments& arguments) {
  config::ServerSettings settings;
  const auto unused = config::apply_environment(settings, [](const char* name) { return std::getenv(name); });
  if (!unused) {
    return report(unused.error());
  }
  for (const auto& [setting, text] : arguments.given) {
    if (const auto applied = config::apply_setting(settings, *setting, text); !applied) {
      return report(applied.error());
    }
  }
  return run_serve(settings, *unused);
}

Command add_serve(CLI::App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* verb = app.add_subcommand("serve", "Serve models through the OpenAI API");
  for (const config::Setting& setting : config::server_settings()) {
    std::string names = "--" + std::string(setting.flag);
    if (!setting.other.empty()) {
      names += ",--" + std::string(setting.other);
    }
    std::string meaning(setting.meaning);
    if (!setting.fallback.empty()) {
      meaning += " (default: " + std::string(setting.fallback) + ")";
    }
    const auto keep = [arguments, row = &setting](const std::string& text) {
      arguments->given.emplace_back(row, text);
    };
    if (setting.is_switch()) {
      verb->add_flag_function(names, [keep](std::int64_t count) { keep(count > 0 ? "true" : "false"); }, meaning);
    } else {
      verb->add_option_function<std::string>(names, keep, meaning);
    }
  }
  return [arguments] { return serve_with(*arguments); };
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app{"Hearth serves language models from any weight format through the OpenAI API.", "hearth"};
  app.set_version_flag("--version", "hearth " + std::string(base::version()));
  app.require_subcommand(1);
  const std::vector<std::pair<const char*, Command>> commands = {
      {"serve", add_serve(app)},   {"run", add_run(app)},     {"pull", add_pull(app)},
      {"list", add_list(app)},     {"show", add_show(app)},   {"rm", add_rm(app)},
      {"logits", add_logits(app)}, {"bench", add_bench(app)}, {"perplexity", add_perplexity(app)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitDone : kExitUsage;
  }
  for (const auto& [name, command] : commands) {
    if (app.got_subcommand(name)) {
      return command();
    }
  }
  return kExitUsage;
}

}  // namespace hearth::app
