#include "backends/native/backend_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "formats/quant_scheme.h"

namespace hearth::backends {
namespace {

using formats::Checkpoint;
using formats::Convention;

enum Kind : std::uint32_t {
  kGguf = 1U << 0U,
  kGgml = 1U << 1U,
  kRwkv = 1U << 2U,
  kGptq = 1U << 3U,
  kAwq = 1U << 4U,
  kExl2 = 1U << 5U,
  kFp8 = 1U << 6U,
  kHub = 1U << 7U,  // other safetensors and PyTorch models
};
constexpr std::uint32_t kAnyHub = kHub | kGptq | kAwq | kExl2 | kFp8;

// A scheme that Hearth does not read is refused by its name when the model loads.
Kind hub_kind(const Checkpoint& checkpoint) {
  const Result<formats::QuantScheme> scheme = formats::read_quant_scheme(checkpoint);
  switch (scheme ? scheme->method : formats::QuantMethod::kNone) {
    case formats::QuantMethod::kGptq:
      return kGptq;
    case formats::QuantMethod::kAwq:
      return kAwq;
    case formats::QuantMethod::kExl2:
      return kExl2;
    case formats::QuantMethod::kFloat8:
      return kFp8;
    case formats::QuantMethod::kCompressedTensors:
    case formats::QuantMethod::kNone:
      break;
  }
  return kHub;
}

Kind kind_of(const Checkpoint& checkpoint) {
  switch (checkpoint.convention) {
    case Convention::kGguf:
      return kGguf;
    case Convention::kGgml:
      return kGgml;
    case Convention::kRwkv:
      return kRwkv;
    case Convention::kHf:
      break;
  }
  return hub_kind(checkpoint);
}

std::string_view architecture_of(const Checkpoint& checkpoint) {
  const auto named = checkpoint.metadata.text("general.architecture");
  return named ? *named : checkpoint.metadata.text("model_type").value_or("");
}

struct Backend {
  std::string_view name;
  std::uint32_t kinds;
  std::string_view reads;         // in words, for the error
  std::string_view architecture;  // of ggml files; empty: any
};

constexpr std::string_view kGgufFiles = "GGUF files";
constexpr std::string_view kHubModels = "safetensors and PyTorch models";

constexpr std::array kBackends = {
    Backend{"llama", kGguf, kGgufFiles, ""},
    Backend{"llama-cpp", kGguf, kGgufFiles, ""},
    Backend{"go-llama", kGguf | kGgml, "GGUF files and LLaMA files of 2023", "llama"},
    Backend{"llama-ggml", kGgml, "LLaMA files of before GGUF", "llama"},
    Backend{"llama-stable", kGgml, "LLaMA files of before GGUF", "llama"},
    Backend{"llama-grammar", kGgml, "LLaMA files of before GGUF", "llama"},
    Backend{"gptneox", kGgml, "ggml files of GPT-NeoX", "gptneox"},
    Backend{"dolly", kGgml, "ggml files of GPT-NeoX", "gptneox"},
    Backend{"redpajama", kGgml, "ggml files of GPT-NeoX", "gptneox"},
    Backend{"stablelm", kGgml, "ggml files of GPT-NeoX", "gptneox"},
    Backend{"gptj", kGgml, "ggml files of GPT-J", "gptj"},
    Backend{"gpt2", kGgml, "ggml files of GPT-2", "gpt2"},
    Backend{"mpt", kGgml, "ggml files of MPT", "mpt"},
    Backend{"replit", kGgml, "ggml files of Replit", "replit"},
    Backend{"starcoder", kGgml, "ggml files of StarCoder", "starcoder"},
    Backend{"bloomz", kGgml, "ggml files of Bloom", "bloom"},
    Backend{"falcon", kGgml, "ggml files of Falcon", "falcon"},
    Backend{"falcon-ggml", kGgml, "ggml files of Falcon", "falcon"},
    Backend{"gpt4all", kGgml | kGguf, "GGUF and ggml files", ""},
    Backend{"gpt4all-llama", kGgml, "ggml files of LLaMA", "llama"},
    Backend{"gpt4all-j", kGgml, "ggml files of GPT-J", "gptj"},
    Backend{"gpt4all-mpt", kGgml, "ggml files of MPT", "mpt"},
    Backend{"rwkv", kRwkv, "RWKV .pth and rwkv.cpp files", ""},
    Backend{"autogptq", kGptq, "GPTQ models", ""},
    Backend{"exllama", kGptq, "GPTQ models", ""},
    Backend{"exllama2", kGptq | kExl2, "EXL2 and GPTQ models", ""},
    Backend{"vllm", kAnyHub | kGguf, "safetensors, PyTorch and GGUF models", ""},
    Backend{"transformers", kAnyHub, kHubModels, ""},
    Backend{"sentencetransformers", kAnyHub, kHubModels, ""},
    Backend{"huggingface-embeddings", kAnyHub, kHubModels, ""},
};

// "quantization" of vllm names the scheme that the model must have.
struct Scheme {
  std::string_view name;
  std::uint32_t kinds;
  std::string_view reads;
};
constexpr std::array kSchemes = {
    Scheme{"gptq", kGptq, "GPTQ models"},     Scheme{"gptq_marlin", kGptq, "GPTQ models"},
    Scheme{"awq", kAwq, "AWQ models"},        Scheme{"awq_marlin", kAwq, "AWQ models"},
    Scheme{"fp8", kFp8 | kHub, "FP8 models"}, Scheme{"exl2", kExl2, "EXL2 models"},
    Scheme{"gguf", kGguf, kGgufFiles},
};

std::unexpected<Error> does_not_fit(const Checkpoint& checkpoint, std::string_view what, std::string_view reads) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: {} stands for {}, but this is {}; leave the key out or name what fits",
                          checkpoint.path.string(), what, reads, describe_model(checkpoint)));
}

}  // namespace

std::string describe_model(const Checkpoint& checkpoint) {
  const auto with_architecture = [&](std::string_view what) {
    const std::string_view architecture = architecture_of(checkpoint);
    return architecture.empty() ? std::string(what) : fmt::format("{} ({})", what, architecture);
  };
  switch (kind_of(checkpoint)) {
    case kGguf:
      return with_architecture("a GGUF file");
    case kGgml:
      return with_architecture("a ggml file of 2023");
    case kRwkv:
      return fmt::format("an RWKV {} model", checkpoint.metadata.text("rwkv.version").value_or(""));
    case kGptq:
      return with_architecture("a GPTQ model");
    case kAwq:
      return with_architecture("an AWQ model");
    case kExl2:
      return with_architecture("an EXL2 model");
    case kFp8:
      return with_architecture("an FP8 model");
    case kHub:
      break;
  }
  return with_architecture("a safetensors or PyTorch model");
}

Status check_backend(const Checkpoint& checkpoint, std::string_view backend, std::string_view quantization) {
  const Kind kind = kind_of(checkpoint);
  if (const auto row = std::ranges::find(kBackends, backend, &Backend::name); row != kBackends.end()) {
    const bool other_architecture =
        kind == kGgml && !row->architecture.empty() && architecture_of(checkpoint) != row->architecture;
    if ((row->kinds & kind) == 0 || other_architecture) {
      return does_not_fit(checkpoint, fmt::format("the backend '{}'", backend), row->reads);
    }
  }
  if (const auto row = std::ranges::find(kSchemes, quantization, &Scheme::name); row != kSchemes.end()) {
    if ((row->kinds & kind) == 0) {
      return does_not_fit(checkpoint, fmt::format("the quantization '{}'", quantization), row->reads);
    }
  }
  return {};
}

bool is_localai_backend(std::string_view backend) {
  return std::ranges::find(kBackends, backend, &Backend::name) != kBackends.end();
}

std::vector<std::string> default_stop_texts(std::string_view backend) {
  return backend == "rwkv" ? std::vector<std::string>{"\n"} : std::vector<std::string>{};
}

}  // namespace hearth::backends
