#include "formats/hf_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <utility>

#include "base/mapped_file.h"
#include "formats/companion.h"
#include "formats/file_kind.h"
#include "formats/hf_config.h"
#include "formats/quant_scheme.h"
#include "formats/rwkv_version.h"
#include "formats/safetensors.h"
#include "formats/torch_legacy.h"
#include "formats/torch_zip.h"

namespace hearth::formats {
namespace {

struct FileTensors {
  std::string_view container;
  TorchTensors content;
};

Result<FileTensors> read_tensors(std::span<const std::byte> bytes, const std::string& where) {
  const FileKind kind = sniff(bytes);
  if (kind == FileKind::kTorchZip) {
    HEARTH_TRY(auto content, read_torch_zip(bytes, where));
    return FileTensors{"PyTorch", std::move(content)};
  }
  if (kind == FileKind::kPickle) {
    auto content = read_torch_legacy(bytes);
    if (!content) {
      return base::fail_at(where, std::move(content).error());
    }
    return FileTensors{"PyTorch (before 1.6)", *std::move(content)};
  }
  if (kind != FileKind::kSafetensors) {
    return std::unexpected(cannot_open(where, kind));
  }
  auto tensors = parse_safetensors(bytes);
  if (!tensors) {
    return base::fail_at(where, std::move(tensors).error());
  }
  return FileTensors{"safetensors", {*std::move(tensors), {}}};
}

// Adds the tensors of one file. Those that the index puts into another file are left out: a shard may repeat them.
Status add_file(const WeightFiles& weights, const std::filesystem::path& path, Checkpoint& checkpoint) {
  HEARTH_TRY(base::MappedFile file, base::MappedFile::open(path));
  HEARTH_TRY(FileTensors tensors, read_tensors(file.bytes(), path.string()));
  checkpoint.container = tensors.container;
  const std::string name = path.filename().string();
  for (TensorView& tensor : tensors.content.tensors) {
    const auto home = weights.weight_map.find(tensor.name);
    if (home != weights.weight_map.end() && home->second != name) {
      continue;
    }
    if (tensor.file_index >= 0) {
      tensor.file_index = static_cast<int>(checkpoint.files.size());
    }
    checkpoint.tensors.push_back(std::move(tensor));
  }
  std::ranges::move(tensors.content.owned, std::back_inserter(checkpoint.owned));
  checkpoint.files.push_back(std::move(file));
  return {};
}

Status check_weight_map(const WeightFiles& weights, const Checkpoint& checkpoint) {
  for (const auto& [tensor, file] : weights.weight_map) {
    if (checkpoint.find(tensor) == nullptr) {
      const auto path = weights.files.front().parent_path() / file;
      return fail(
          ErrorCode::kCorruptFile,
          fmt::format("{}: the tensor {} is missing, which the index says is in this file", path.string(), tensor),
          path.string());
    }
  }
  return {};
}

std::optional<int> leading_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

// The first GPTQ files came without any configuration but their name: llama-7b-4bit-128g.safetensors.
void add_gptq_from_name(const std::string& file_name, Metadata& metadata) {
  const std::string_view name = file_name;
  const auto unit = name.find("bit");
  if (metadata.contains("quantization_config.quant_method") || unit == std::string_view::npos || unit == 0) {
    return;
  }
  const auto bits = leading_number(name.substr(unit - 1, 1));
  if (!bits) {
    return;
  }
  const std::string_view rest = name.substr(unit + 3);
  const auto group_size = rest.starts_with('-') ? leading_number(rest.substr(1)) : std::nullopt;
  metadata.set("quantization_config.quant_method", {std::string("gptq")});
  metadata.set("quantization_config.bits", {std::int64_t{*bits}});
  metadata.set("quantization_config.group_size", {std::int64_t{group_size.value_or(-1)}});
}

Status add_metadata(const std::filesystem::path& path, Checkpoint& checkpoint) {
  if (is_rwkv(checkpoint.tensors)) {
    checkpoint.convention = Convention::kRwkv;
    checkpoint.metadata.set("rwkv.version", {std::string(rwkv_version(checkpoint.tensors))});
    checkpoint.metadata.set("rwkv.is_transformed", {false});
    return {};
  }
  checkpoint.convention = Convention::kHf;
  HEARTH_TRY(checkpoint.metadata, read_hf_config(companion_folder(path)));
  const auto scheme = read_quant_scheme(checkpoint);
  if (scheme && scheme->method == QuantMethod::kGptq) {
    add_gptq_from_name(checkpoint.files.front().path().filename().string(), checkpoint.metadata);
  }
  return {};
}

}  // namespace

Result<Checkpoint> open_hf(const WeightFiles& weights, const std::filesystem::path& path) {
  Checkpoint checkpoint;
  checkpoint.path = path;
  for (const auto& file : weights.files) {
    HEARTH_TRY_VOID(add_file(weights, file, checkpoint));
  }
  if (auto status = checkpoint.index_tensors(); !status) {
    return base::fail_at(path.string(), std::move(status).error());
  }
  HEARTH_TRY_VOID(check_weight_map(weights, checkpoint));
  HEARTH_TRY_VOID(add_metadata(path, checkpoint));
  return checkpoint;
}

}  // namespace hearth::formats
