#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "base/mapped_file.h"
#include "formats/checkpoint.h"
#include "formats/file_kind.h"
#include "formats/ggml.h"
#include "formats/gguf.h"
#include "formats/gguf_shards.h"
#include "formats/rwkv_cpp.h"

namespace hearth::formats {
namespace {

// A folder may be huge; an error message lists no more names than this.
constexpr std::size_t kMaxListed = 10;

bool is_candidate(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (path.extension() != ".gguf") {
    return false;
  }
  const auto shard = parse_shard_name(name);
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

// A folder without GGUF: its first weight file is opened all the same, for the error that says what it is.
Result<std::filesystem::path> find_weights(const std::filesystem::path& folder,
                                           const std::vector<std::filesystem::path>& files) {
  for (const auto& file : files) {
    const std::string extension = file.extension().string();
    if (extension == ".safetensors" || extension == ".bin" || extension == ".pth" || extension == ".pt") {
      return file;
    }
  }
  return fail(ErrorCode::kNotFound, fmt::format("{}: the folder holds no .gguf file", folder.string()),
              folder.string());
}

Result<std::filesystem::path> find_in_folder(const std::filesystem::path& folder) {
  HEARTH_TRY(const auto files, list_files(folder));
  std::vector<std::filesystem::path> candidates;
  std::ranges::copy_if(files, std::back_inserter(candidates), is_candidate);
  if (candidates.size() > 1) {
    // The vision half of a model lies beside it; it is no language model by itself.
    std::erase_if(candidates, [](const auto& path) { return path.filename().string().starts_with("mmproj"); });
  }
  if (candidates.empty()) {
    return find_weights(folder, files);
  }
  if (candidates.size() > 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: the folder holds {} models, name one of them: {}", folder.string(), candidates.size(),
                            join_names(candidates)),
                folder.string());
  }
  return candidates.front();
}

Result<Checkpoint> open_file(const std::filesystem::path& path) {
  HEARTH_TRY(const base::MappedFile file, base::MappedFile::open(path));
  const FileKind kind = sniff(file.bytes());
  switch (kind) {
    case FileKind::kGguf:
      return open_gguf(path);
    case FileKind::kGgml:
    case FileKind::kGgcc:
    case FileKind::kGgmlLora:
      return open_ggml(path);
    case FileKind::kRwkvCpp:
      return open_rwkv_cpp(path);
    case FileKind::kGitLfsPointer:
    case FileKind::kHtml:
    case FileKind::kEmpty:
      return fail(ErrorCode::kCorruptFile, fmt::format("{}: the file is {}", path.string(), describe_kind(kind)),
                  path.string());
    default:
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("{}: the file is {}; this build does not read it", path.string(), describe_kind(kind)),
          path.string());
  }
}

}  // namespace

Result<Checkpoint> open_checkpoint(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(ErrorCode::kNotFound, fmt::format("{}: no such file or folder", path.string()), path.string());
  }
  if (std::filesystem::is_directory(status)) {
    HEARTH_TRY(const auto found, find_in_folder(path));
    return open_file(found);
  }
  // Opening a pipe would wait for a writer, so only regular files are opened.
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: is not a regular file", path.string()), path.string());
  }
  return open_file(path);
}

}  // namespace hearth::formats
