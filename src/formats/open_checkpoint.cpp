#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/mapped_file.h"
#include "formats/checkpoint.h"
#include "formats/file_kind.h"
#include "formats/ggml.h"
#include "formats/gguf.h"
#include "formats/hf_checkpoint.h"
#include "formats/hf_folder.h"
#include "formats/rwkv_cpp.h"
#include "formats/shard_name.h"

namespace hearth::formats {
namespace {

// A folder may be huge; an error message lists no more names than this.
constexpr std::size_t kMaxListed = 10;

bool is_gguf_candidate(const std::filesystem::path& path) {
  if (path.extension() != ".gguf") {
    return false;
  }
  const std::string name = path.filename().string();
  const auto shard = parse_shard_name(name, ".gguf");
  return !shard || shard->number == 1;
}

Result<std::vector<std::filesystem::path>> list_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) {
      files.push_back(entry->path());
    }
  }
  if (error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: the folder cannot be read: {}", folder.string(), error.message()), folder.string());
  }
  std::ranges::sort(files);
  return files;
}

std::string join_names(const std::vector<std::filesystem::path>& paths) {
  std::string names;
  for (std::size_t i = 0; i < paths.size() && i < kMaxListed; ++i) {
    names += (i == 0 ? "" : ", ") + paths[i].filename().string();
  }
  return paths.size() > kMaxListed ? fmt::format("{} and {} more", names, paths.size() - kMaxListed) : names;
}

std::unexpected<Error> several_models(const std::filesystem::path& folder,
                                      const std::vector<std::filesystem::path>& models) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: the folder holds {} models, name one of them: {}", folder.string(), models.size(),
                          join_names(models)),
              folder.string());
}

Result<std::optional<std::filesystem::path>> find_gguf(const std::filesystem::path& folder,
                                                       const std::vector<std::filesystem::path>& files) {
  std::vector<std::filesystem::path> candidates;
  std::ranges::copy_if(files, std::back_inserter(candidates), is_gguf_candidate);
  if (candidates.size() > 1) {
    // The vision half of a model lies beside it; it is no language model by itself.
    std::erase_if(candidates, [](const auto& path) { return path.filename().string().starts_with("mmproj"); });
  }
  if (candidates.size() > 1) {
    return several_models(folder, candidates);
  }
  return candidates.empty() ? std::nullopt : std::optional(candidates.front());
}

Result<FileKind> sniff_file(const std::filesystem::path& path) {
  HEARTH_TRY(const base::MappedFile file, base::MappedFile::open(path));
  return sniff(file.bytes());
}

// The only file of a folder that is a model by its content, whatever its name: old models often have no ending.
Result<std::filesystem::path> find_by_content(const std::filesystem::path& folder,
                                              const std::vector<std::filesystem::path>& files) {
  std::vector<std::filesystem::path> found;
  for (const auto& file : files) {
    const FileKind kind = sniff_file(file).value_or(FileKind::kUnknown);
    if (kind < FileKind::kGitLfsPointer) {
      found.push_back(file);
    }
  }
  if (found.size() > 1) {
    return several_models(folder, found);
  }
  if (found.empty()) {
    return fail(
        ErrorCode::kNotFound,
        fmt::format("{}: the folder holds no model (a .gguf, .safetensors, .bin or .pth file)", folder.string()),
        folder.string());
  }
  return found.front();
}

bool is_hf_kind(FileKind kind) {
  return kind == FileKind::kSafetensors || kind == FileKind::kTorchZip || kind == FileKind::kPickle;
}

Result<Checkpoint> open_file(const std::filesystem::path& path) {
  HEARTH_TRY(const FileKind kind, sniff_file(path));
  if (is_hf_kind(kind)) {
    HEARTH_TRY(const WeightFiles weights, weight_files_of(path));
    return open_hf(weights, path);
  }
  switch (kind) {
    case FileKind::kGguf:
      return open_gguf(path);
    case FileKind::kGgml:
    case FileKind::kGgcc:
    case FileKind::kGgmlLora:
      return open_ggml(path);
    case FileKind::kRwkvCpp:
      return open_rwkv_cpp(path);
    default:
      return std::unexpected(cannot_open(path.string(), kind));
  }
}

Result<Checkpoint> open_folder(const std::filesystem::path& folder) {
  HEARTH_TRY(const auto files, list_files(folder));
  HEARTH_TRY(const auto gguf, find_gguf(folder, files));
  if (gguf) {
    return open_file(*gguf);
  }
  HEARTH_TRY(const auto weights, find_weight_files(folder, files));
  if (!weights) {
    HEARTH_TRY(const auto found, find_by_content(folder, files));
    return open_file(found);
  }
  HEARTH_TRY(const FileKind kind, sniff_file(weights->files.front()));
  return is_hf_kind(kind) ? open_hf(*weights, folder) : open_file(weights->files.front());
}

Result<Checkpoint> open_any(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(ErrorCode::kNotFound, fmt::format("{}: no such file or folder", path.string()), path.string());
  }
  if (std::filesystem::is_directory(status)) {
    return open_folder(path);
  }
  // Opening a pipe would wait for a writer, so only regular files are opened.
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: is not a regular file", path.string()), path.string());
  }
  return open_file(path);
}

}  // namespace

Result<Checkpoint> open_checkpoint(const std::filesystem::path& path) {
  HEARTH_TRY(Checkpoint checkpoint, open_any(path));
  checkpoint.path = path;
  return checkpoint;
}

}  // namespace hearth::formats
