#include "formats/companion.h"

#include <fmt/format.h>

#include <system_error>

#include "base/mapped_file.h"
#include "formats/file_kind.h"

namespace hearth::formats {

std::filesystem::path companion_folder(const std::filesystem::path& model_path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(model_path, ignored)) {
    return model_path;
  }
  return model_path.has_parent_path() ? model_path.parent_path() : std::filesystem::path(".");
}

Result<std::optional<std::string>> read_companion(const std::filesystem::path& folder, std::string_view name,
                                                  std::size_t max_bytes) {
  if (name.empty() || name.find('/') != std::string_view::npos || name == "." || name == "..") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is not the name of a file beside a model", name));
  }
  const std::filesystem::path path = folder / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return std::nullopt;
  }
  HEARTH_TRY(const base::MappedFile file, base::MappedFile::open(path));
  const auto bytes = file.bytes();
  if (bytes.size() > max_bytes) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: the file has {} bytes, at most {} are read", path.string(), bytes.size(), max_bytes),
                path.string());
  }
  const FileKind kind = sniff(bytes);
  if (kind == FileKind::kGitLfsPointer || kind == FileKind::kHtml) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: the file is {}", path.string(), describe_kind(kind)),
                path.string());
  }
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<std::optional<std::string>> read_companion(const Checkpoint& checkpoint, std::string_view name,
                                                  std::size_t max_bytes) {
  return read_companion(companion_folder(checkpoint.path), name, max_bytes);
}

}  // namespace hearth::formats
