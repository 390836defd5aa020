#include "formats/ggml.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/mapped_file.h"
#include "formats/ggml_part.h"
#include "formats/ggml_split.h"

namespace hearth::formats {
namespace {

// The header of every part must say the same; the vocabulary is read from the first.
Status check_same_header(const GgmlPart& first, const GgmlPart& part, std::string_view name) {
  for (const auto& [key, value] : first.metadata.entries()) {
    if (const auto expected = first.metadata.integer(key); expected && part.metadata.integer(key) != expected) {
      return fail(ErrorCode::kCorruptFile, fmt::format("{}: {} is expected to be {} as in the first part, found {}",
                                                       name, key, *expected, part.metadata.integer(key).value_or(0)));
    }
  }
  if (to_string(part.container) != to_string(first.container)) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: {} is expected as in the first part, found {}", name,
                                                     to_string(first.container), to_string(part.container)));
  }
  return {};
}

Result<GgmlPart> parse_named(std::span<const std::byte> bytes, std::string_view name) {
  auto part = parse_ggml_part(bytes);
  if (!part) {
    return base::fail_at(name, std::move(part).error());
  }
  return part;
}

Result<Checkpoint> make_checkpoint(std::vector<GgmlPart> parts, const std::vector<std::string>& names,
                                   std::vector<base::MappedFile> files) {
  Checkpoint checkpoint;
  checkpoint.container = to_string(parts.front().container);
  checkpoint.convention = Convention::kGgml;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    HEARTH_TRY_VOID(check_same_header(parts.front(), parts[i], names[i]));
  }
  if (parts.size() == 1) {
    checkpoint.tensors = std::move(parts.front().tensors);
  } else {
    HEARTH_TRY(checkpoint.tensors, join_ggml_parts(parts, names, files, checkpoint.owned));
  }
  checkpoint.metadata = std::move(parts.front().metadata);
  checkpoint.files = std::move(files);
  if (auto status = checkpoint.index_tensors(); !status) {
    return base::fail_at(names.front(), std::move(status).error());
  }
  return checkpoint;
}

// model.bin for model.bin.1, where there is one.
std::filesystem::path first_part_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  const bool is_number =
      extension.size() > 1 && std::ranges::all_of(extension.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  std::filesystem::path first = path;
  first.replace_extension();
  std::error_code error;
  return is_number && std::filesystem::is_regular_file(first, error) ? first : path;
}

std::filesystem::path part_path(const std::filesystem::path& first, int number) {
  return std::filesystem::path(fmt::format("{}.{}", first.string(), number));
}

}  // namespace

Result<Checkpoint> read_ggml(std::span<const NamedBytes> parts) {
  HEARTH_CHECK(!parts.empty(), "a model has at least one file");
  std::vector<GgmlPart> parsed;
  std::vector<std::string> names;
  for (const NamedBytes& part : parts) {
    HEARTH_TRY(parsed.emplace_back(), parse_named(part.bytes, part.name));
    names.push_back(part.name);
  }
  auto n_parts = count_ggml_parts(parsed.front());
  if (!n_parts) {
    return base::fail_at(names.front(), std::move(n_parts).error());
  }
  if (std::cmp_not_equal(*n_parts, parts.size())) {
    return fail(ErrorCode::kNotFound, fmt::format("{}: the model is split into {} files, but {} are given",
                                                  names.front(), *n_parts, parts.size()));
  }
  return make_checkpoint(std::move(parsed), names, {});
}

Result<Checkpoint> open_ggml(const std::filesystem::path& path) {
  const std::filesystem::path first = first_part_of(path);
  std::vector<base::MappedFile> files;
  std::vector<GgmlPart> parts;
  std::vector<std::string> names;
  int n_parts = 1;
  for (int i = 0; i < n_parts; ++i) {
    const std::filesystem::path name = i == 0 ? first : part_path(first, i);
    std::error_code error;
    if (i > 0 && !std::filesystem::is_regular_file(name, error)) {
      return fail(ErrorCode::kNotFound, fmt::format("{}: the model is split into {} files, and {} is not beside it",
                                                    first.string(), n_parts, name.filename().string()));
    }
    HEARTH_TRY(base::MappedFile file, base::MappedFile::open(name));
    HEARTH_TRY(parts.emplace_back(), parse_named(file.bytes(), name.string()));
    names.push_back(name.string());
    files.push_back(std::move(file));
    if (i == 0) {
      auto count = count_ggml_parts(parts.front());
      if (!count) {
        return base::fail_at(names.front(), std::move(count).error());
      }
      n_parts = *count;
    }
  }
  HEARTH_TRY(Checkpoint checkpoint, make_checkpoint(std::move(parts), names, std::move(files)));
  checkpoint.path = path;
  return checkpoint;
}

}  // namespace hearth::formats
