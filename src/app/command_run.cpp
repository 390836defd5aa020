#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "app/cli.h"
#include "app/commands_models.h"
#include "app/model_sources.h"
#include "app/open_model.h"
#include "app/terminal_reply.h"
#include "backends/native/native_model.h"
#include "base/json.h"
#include "base/log.h"
#include "base/task_pool.h"
#include "cpu/topology.h"
#include "gallery/builtin.h"

namespace hearth::app {
namespace {

// Ctrl-C ends the answer that is being written, not the program; at the prompt it is the terminal's own.
std::atomic<bool> answer_interrupted{false};

void on_interrupt(int /*signal*/) {
  answer_interrupted.store(true);
}

bool interrupted() {
  return answer_interrupted.load();
}

bool is_reference(const std::string& model) {
  return model.find("://") != std::string::npos || gallery::find_gallery_entry(model) != nullptr;
}

// Pulls a gallery name or an address that is not installed yet, so that `hearth run NAME` needs no second command.
Result<std::filesystem::path> locate_or_pull(const ModelOptions& options) {
  auto path = locate_model(options);
  if (path || !is_reference(options.model)) {
    return path;
  }
  PullOptions pull;
  pull.models_path = options.models_path;
  pull.reference = options.model;
  if (run_pull(pull) != kExitDone) {
    return fail(ErrorCode::kUnavailable, options.model + " could not be pulled");
  }
  const auto slash = options.model.rfind('/');
  ModelOptions pulled = options;
  pulled.model = slash == std::string::npos ? options.model : options.model.substr(slash + 1);
  return locate_model(pulled);
}

struct Chat {
  base::TaskPool pool{2, 1024};
  std::shared_ptr<engine::EngineThread> thread;
  std::shared_ptr<backends::LoadedModel> model;
  Json messages = Json::array();
  const ChatOptions& options;

  // One turn: the answer is printed as it comes and joins the conversation.
  bool answer(const std::string& text) {
    messages.push_back({{"role", "user"}, {"content", text}});
    backends::Request request;
    request.prompts.emplace_back(backends::ChatInput{messages, nullptr, nullptr});
    if (options.temperature >= 0) {
      request.sampling.temperature = options.temperature;
    }
    if (options.seed >= 0) {
      request.sampling.seed = options.seed;
    }
    if (options.max_tokens > 0) {
      request.max_tokens = options.max_tokens;
    }
    auto sink = std::make_shared<TerminalReply>();
    answer_interrupted.store(false);
    const auto previous = std::signal(SIGINT, on_interrupt);
    const auto reply = model->answer(request, {}, sink);
    sink->wait(*reply, interrupted);
    std::signal(SIGINT, previous);
    std::fputs("\n", stdout);
    if (sink->error()) {
      messages.erase(messages.end() - 1);
      std::fprintf(stderr, "hearth: %s\n", sink->error()->message.c_str());
      return false;
    }
    messages.push_back({{"role", "assistant"}, {"content", sink->text()}});
    return true;
  }

  void start_over() {
    messages = Json::array();
    if (!options.system.empty()) {
      messages.push_back({{"role", "system"}, {"content", options.system}});
    }
  }
};

// With the YAML of the models folder when the name or the file is one of its models.
backends::ModelSource source_of(const ModelOptions& options, const std::filesystem::path& file) {
  std::error_code ignored;
  const bool is_name = !std::filesystem::exists(options.model, ignored);
  if (const auto sources = ModelSources(options.models_path).list(true)) {
    for (const backends::ModelSource& source : *sources) {
      if ((is_name && source.name == options.model) || std::filesystem::equivalent(source.file, file, ignored)) {
        return source;
      }
    }
  }
  backends::ModelSource source;
  source.name = options.model;
  source.file = file;
  return source;
}

Status load(Chat& chat) {
  HEARTH_TRY(const auto path, locate_or_pull(chat.options.model));
  backends::NativeOptions native;
  HEARTH_TRY(native.isa, cpu::select_level());
  if (chat.options.model.context_size != 0) {
    native.context_size = chat.options.model.context_size;
  }
  const auto threads = chat.options.model.threads;
  chat.thread =
      std::make_shared<engine::EngineThread>(threads > 0 ? static_cast<int>(threads) : cpu::default_thread_count());
  const backends::ModelSource source = source_of(chat.options.model, path);
  const auto memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 2;
  HEARTH_TRY(chat.model, backends::load_native_model(source, memory_bytes, native, chat.thread, chat.pool));
  return {};
}

int talk(Chat& chat) {
  std::fputs("Type a message. /clear starts over, /bye or Ctrl-D ends, Ctrl-C stops an answer.\n", stderr);
  for (std::string line;;) {
    std::fputs("> ", stderr);
    if (!std::getline(std::cin, line)) {
      std::fputs("\n", stderr);
      return kExitDone;
    }
    if (line == "/bye") {
      return kExitDone;
    }
    if (line == "/clear") {
      chat.start_over();
    } else if (!line.empty()) {
      chat.answer(line);
    }
  }
}

}  // namespace

int run_chat(const ChatOptions& options) {
  base::set_log_level(base::LogLevel::kWarning);
  Chat chat{.options = options};
  if (const auto loaded = load(chat); !loaded) {
    return report_failure(loaded.error());
  }
  chat.start_over();
  if (!options.prompt.empty()) {
    return chat.answer(options.prompt) ? kExitDone : kExitFailed;
  }
  return talk(chat);
}

}  // namespace hearth::app
