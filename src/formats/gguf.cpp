#include "formats/gguf.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/mapped_file.h"
#include "formats/gguf_part.h"
#include "formats/gguf_shards.h"
#include "formats/shard_name.h"

namespace hearth::formats {
namespace {

// Moves a shard's tensors (and the first one's metadata) into the checkpoint.
void append_part(Checkpoint& checkpoint, GgufPart part, int file_index) {
  for (TensorView& tensor : part.tensors) {
    tensor.file_index = file_index;
    checkpoint.tensors.push_back(std::move(tensor));
  }
  if (file_index == 0) {
    checkpoint.metadata = std::move(part.metadata);
  }
}

Status check_tensor_count(const Checkpoint& checkpoint, std::size_t n_parts) {
  if (n_parts == 1) {
    return {};
  }
  HEARTH_TRY(const std::int64_t expected, checkpoint.metadata.require_integer("split.tensors.count"));
  if (expected != static_cast<std::int64_t>(checkpoint.tensors.size())) {
    return fail(ErrorCode::kCorruptFile, fmt::format("split.tensors.count is {}, but the {} shards hold {} tensors",
                                                     expected, n_parts, checkpoint.tensors.size()));
  }
  return {};
}

}  // namespace

Result<Checkpoint> read_gguf(std::span<const NamedBytes> parts) {
  HEARTH_CHECK(!parts.empty(), "a model has at least one file");
  Checkpoint checkpoint;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto part = parse_gguf_part(parts[i].bytes);
    if (!part) {
      return base::fail_at(parts[i].name, std::move(part).error());
    }
    if (auto status = check_gguf_shard(part->metadata, i, parts.size()); !status) {
      return base::fail_at(parts[i].name, std::move(status).error());
    }
    if (i == 0) {
      checkpoint.container = fmt::format("GGUF v{}", part->version);
    }
    append_part(checkpoint, *std::move(part), static_cast<int>(i));
  }
  Status status = check_tensor_count(checkpoint, parts.size());
  if (status) {
    status = checkpoint.index_tensors();
  }
  if (!status) {
    return base::fail_at(parts.front().name, std::move(status).error());
  }
  return checkpoint;
}

Result<Checkpoint> open_gguf(const std::filesystem::path& path) {
  HEARTH_TRY(const auto paths, shard_paths(path, ".gguf"));
  std::vector<base::MappedFile> files;
  std::vector<NamedBytes> parts;
  for (const auto& part_path : paths) {
    HEARTH_TRY(base::MappedFile file, base::MappedFile::open(part_path));
    parts.push_back({part_path.string(), file.bytes()});
    files.push_back(std::move(file));
  }
  HEARTH_TRY(Checkpoint checkpoint, read_gguf(parts));
  checkpoint.files = std::move(files);
  checkpoint.path = path;
  return checkpoint;
}

}  // namespace hearth::formats
