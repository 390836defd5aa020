// Opening MODEL for a command: from what a person typed to a checkpoint, and to a model that can compute.
//
// MODEL is a file or folder that exists, or a name in the models folder; a gallery name or address that is not there
// yet is an error that says how to pull it. Used by logits, show, bench and perplexity.
#pragma once

#include <filesystem>
#include <memory>

#include "app/commands_inference.h"
#include "base/result.h"
#include "cpu/isa.h"
#include "cpu/thread_pool.h"
#include "formats/checkpoint.h"
#include "model/loader.h"

namespace hearth::app {

// Errors: not_found with the names that are there.
Result<std::filesystem::path> locate_model(const ModelOptions& options);

struct OpenedModel {
  std::unique_ptr<cpu::ThreadPool> pool;  // outlives the model
  std::unique_ptr<model::Model> model;
  cpu::IsaLevel isa{};
  double load_seconds = 0;
};

// `checkpoint` is what formats::open_checkpoint gave for locate_model's path.
Result<OpenedModel> load_for_command(formats::Checkpoint checkpoint, const ModelOptions& options, bool exact);

// Prints "hearth: message" and gives the exit code.
int report_failure(const Error& error);

}  // namespace hearth::app
