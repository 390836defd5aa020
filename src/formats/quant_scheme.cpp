#include "formats/quant_scheme.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::formats {
namespace {

constexpr std::string_view kPrefix = "quantization_config.";

std::string key_of(std::string_view name) {
  return fmt::format("{}{}", kPrefix, name);
}

std::unexpected<Error> refuse(std::string_view key, std::string_view found, std::string_view known) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}{} is \"{}\", which Hearth does not read; it reads {}", kPrefix, key, found, known));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool ends_with_any(const Checkpoint& checkpoint, std::string_view suffix) {
  return std::ranges::any_of(checkpoint.tensors,
                             [suffix](const TensorView& tensor) { return tensor.name.ends_with(suffix); });
}

// The method of a folder without a configuration.
QuantMethod method_by_names(const Checkpoint& checkpoint) {
  if (ends_with_any(checkpoint, ".q_weight")) {
    return QuantMethod::kExl2;
  }
  if (ends_with_any(checkpoint, ".weight_packed")) {
    return QuantMethod::kCompressedTensors;
  }
  for (const TensorView& tensor : checkpoint.tensors) {
    if (!tensor.name.ends_with(".qweight")) {
      continue;
    }
    const std::string stem = tensor.name.substr(0, tensor.name.size() - std::string_view("qweight").size());
    if (checkpoint.find(stem + "g_idx") != nullptr) {
      return QuantMethod::kGptq;
    }
    // Both have scales [groups, out]; GPTQ packs down the input, AWQ along the output or row by row.
    const TensorView* scales = checkpoint.find(stem + "scales");
    const bool down = scales != nullptr && tensor.shape.size() == 2 && scales->shape.size() == 2 &&
                      tensor.shape.back() == scales->shape.back() && tensor.type == quant::BlockType::kI32;
    return down ? QuantMethod::kGptq : QuantMethod::kAwq;
  }
  return QuantMethod::kNone;
}

Result<QuantMethod> method_by_config(const Checkpoint& checkpoint, std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, QuantMethod>, 7> kMethods = {{
      {"gptq", QuantMethod::kGptq},
      {"awq", QuantMethod::kAwq},
      {"exl2", QuantMethod::kExl2},
      {"fp8", QuantMethod::kFloat8},
      {"fbgemm_fp8", QuantMethod::kFloat8},
      {"modelopt", QuantMethod::kFloat8},
      {"compressed-tensors", QuantMethod::kCompressedTensors},
  }};
  const auto found = std::ranges::find(kMethods, name, &std::pair<std::string_view, QuantMethod>::first);
  if (found == kMethods.end()) {
    return refuse("quant_method", name, "gptq, awq, exl2, fp8 and compressed-tensors");
  }
  if (name == "modelopt") {
    const std::string algorithm = lower(checkpoint.metadata.text(key_of("quant_algo")).value_or("fp8"));
    if (algorithm != "fp8") {
      return refuse("quant_algo", algorithm, "FP8");
    }
  }
  return found->second;
}

Status read_gptq(const Metadata& metadata, QuantScheme& scheme) {
  const std::string format = lower(metadata.text(key_of("checkpoint_format")).value_or("gptq"));
  if (metadata.boolean(key_of("is_marlin_format")).value_or(false)) {
    return refuse("is_marlin_format", "true", "GPTQ in its ordinary layout");
  }
  if (format == "gptq_v2") {
    scheme.gptq_zeros = GptqZeros::kPlain;
    return {};
  }
  if (format != "gptq") {
    return refuse("checkpoint_format", format, "gptq and gptq_v2");
  }
  const auto* quantizers = metadata.texts(key_of("meta.quantizer"));
  const bool by_gptqmodel = quantizers != nullptr && std::ranges::any_of(*quantizers, [](const std::string& quantizer) {
                              return quantizer.starts_with("gptqmodel");
                            });
  scheme.gptq_zeros = by_gptqmodel ? GptqZeros::kGptqModel : GptqZeros::kMinusOne;
  return {};
}

Status read_awq(const Metadata& metadata, QuantScheme& scheme) {
  const auto version = metadata.text(key_of("version"));
  if (!version) {
    return {};
  }
  const std::string name = lower(*version);
  // These are kernels for the layout of gemm.
  static constexpr std::array<std::string_view, 4> kGemm = {"gemm", "marlin", "exllama", "ipex"};
  if (std::ranges::find(kGemm, name) != kGemm.end()) {
    scheme.awq_version = AwqVersion::kGemm;
  } else if (name == "gemv") {
    scheme.awq_version = AwqVersion::kGemv;
  } else if (name == "gemv_fast") {
    scheme.awq_version = AwqVersion::kGemvFast;
  } else {
    return refuse("version", name, "gemm, gemv and gemv_fast");
  }
  return {};
}

Status read_compressed(const Metadata& metadata) {
  static constexpr std::array<std::string_view, 4> kFormats = {"pack-quantized", "float-quantized", "naive-quantized",
                                                               "dense"};
  const auto format = metadata.text(key_of("format"));
  if (format && std::ranges::find(kFormats, *format) == kFormats.end()) {
    return refuse("format", *format, "pack-quantized and float-quantized");
  }
  return {};
}

// Two positive extents of a block.
Status read_block(const Metadata& metadata, QuantScheme& scheme) {
  for (const std::string_view name : {"weight_block_size", "config_groups.group_0.weights.block_structure"}) {
    const auto* extents = metadata.integers(key_of(name));
    if (extents == nullptr) {
      continue;
    }
    const bool sensible = extents->size() == 2 && std::ranges::all_of(*extents, [](std::int64_t extent) {
                            return extent > 0 && extent <= std::numeric_limits<std::int32_t>::max();
                          });
    if (!sensible) {
      return fail(ErrorCode::kCorruptFile, fmt::format("{}{}: expected two positive numbers", kPrefix, name));
    }
    scheme.block_rows = extents->front();
    scheme.block_cols = extents->back();
  }
  return {};
}

Status read_group_size(const Metadata& metadata, QuantScheme& scheme) {
  for (const std::string_view name : {"group_size", "config_groups.group_0.weights.group_size"}) {
    if (const auto size = metadata.integer(key_of(name))) {
      if ((*size < 1 && *size != -1) || *size > std::numeric_limits<std::int32_t>::max()) {
        return fail(ErrorCode::kCorruptFile,
                    fmt::format("{}{}: expected -1 or a positive number, found {}", kPrefix, name, *size));
      }
      scheme.group_size = *size;
    }
  }
  return {};
}

}  // namespace

Result<QuantScheme> read_quant_scheme(const Checkpoint& checkpoint) {
  const Metadata& metadata = checkpoint.metadata;
  if (ends_with_any(checkpoint, ".trellis")) {
    return refuse("quant_method", "exl3", "gptq, awq, exl2, fp8 and compressed-tensors");
  }
  QuantScheme scheme;
  if (const auto name = metadata.text(key_of("quant_method"))) {
    HEARTH_TRY(scheme.method, method_by_config(checkpoint, lower(*name)));
  } else {
    scheme.method = method_by_names(checkpoint);
  }
  switch (scheme.method) {
    case QuantMethod::kGptq:
      HEARTH_TRY_VOID(read_gptq(metadata, scheme));
      break;
    case QuantMethod::kAwq:
      HEARTH_TRY_VOID(read_awq(metadata, scheme));
      break;
    case QuantMethod::kCompressedTensors:
      HEARTH_TRY_VOID(read_compressed(metadata));
      break;
    default:
      break;
  }
  HEARTH_TRY_VOID(read_block(metadata, scheme));
  HEARTH_TRY_VOID(read_group_size(metadata, scheme));
  return scheme;
}

}  // namespace hearth::formats
