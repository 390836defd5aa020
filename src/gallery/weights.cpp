#include "gallery/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "formats/file_kind.h"
#include "gallery/shards.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;
using formats::FileKind;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

FileKind kind_of(const fs::path& path) {
  std::array<char, 64> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return formats::sniff(std::as_bytes(std::span(head)).first(static_cast<std::size_t>(file.gcount())));
}

enum class Format : std::uint8_t { kNone, kGguf, kGgml, kSafetensors, kTorch };

// What training leaves beside a model, and what is added to one.
bool is_no_model(std::string_view name) {
  return name.starts_with("training_args.") || name.starts_with("optimizer.") || name.starts_with("scheduler.") ||
         name.starts_with("rng_state") || name.starts_with("adapter_model.") || name.ends_with(".partial") ||
         name.ends_with(".origin");
}

// An old multi-part file goes on in MODEL.1, MODEL.2, …
bool is_numbered_part(const fs::path& path) {
  const std::string ending = path.extension().string();
  const bool number =
      ending.size() > 1 && std::ranges::all_of(ending.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  std::error_code ignored;
  return number && fs::is_regular_file(path.parent_path() / path.stem(), ignored);
}

Format format_of_ending(std::string_view ending) {
  if (ending == ".gguf") return Format::kGguf;
  if (ending == ".safetensors") return Format::kSafetensors;
  if (ending == ".bin" || ending == ".pth" || ending == ".pt") return Format::kTorch;
  return Format::kNone;
}

// Such files are not even opened: a repository may hold many.
bool is_never_weights(std::string_view ending) {
  constexpr std::string_view kEndings[] = {".json", ".txt",  ".md",  ".py",  ".model", ".jinja",
                                           ".tmpl", ".yaml", ".yml", ".png", ".jpg",   ".html",
                                           ".csv",  ".sh",   ".zip", ".gz",  ".pdf",   ".jsonl"};
  return std::ranges::find(kEndings, ending) != std::end(kEndings);
}

Format format_of(const fs::path& path) {
  const std::string name = lower(path.filename().string());
  const std::string ending = fs::path(name).extension().string();
  if (is_no_model(name) || is_never_weights(ending)) return Format::kNone;
  const Format by_ending = format_of_ending(ending);
  if (by_ending == Format::kGguf) return by_ending;
  switch (kind_of(path)) {
    case FileKind::kGguf:
      return Format::kGguf;
    case FileKind::kGgml:
    case FileKind::kGgcc:
    case FileKind::kRwkvCpp:
      return is_numbered_part(path) ? Format::kNone : Format::kGgml;
    case FileKind::kTorchZip:
    case FileKind::kPickle:
      // Any archive begins like this, so the ending decides.
      return by_ending == Format::kTorch ? Format::kTorch : Format::kNone;
    case FileKind::kSafetensors:
      return Format::kSafetensors;
    case FileKind::kGitLfsPointer:
    case FileKind::kHtml:
    case FileKind::kEmpty:
      return by_ending;
    default:
      return Format::kNone;
  }
}

bool has_config(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "config.json", ignored);
}

bool cannot_be_opened(FileKind kind) {
  return kind == FileKind::kGitLfsPointer || kind == FileKind::kHtml || kind == FileKind::kEmpty;
}

struct Sorted {
  std::vector<fs::path> gguf, ggml, safetensors, torch;
};

Sorted sort_files(const fs::path& folder) {
  Sorted sorted;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') || !entry->is_regular_file(ignored)) continue;
    switch (format_of(entry->path())) {
      case Format::kGguf:
        if (!name.starts_with("mmproj")) sorted.gguf.push_back(entry->path());
        break;
      case Format::kGgml:
        sorted.ggml.push_back(entry->path());
        break;
      case Format::kSafetensors:
        sorted.safetensors.push_back(entry->path());
        break;
      case Format::kTorch:
        sorted.torch.push_back(entry->path());
        break;
      case Format::kNone:
        break;
    }
  }
  for (auto* files : {&sorted.gguf, &sorted.ggml, &sorted.safetensors, &sorted.torch}) std::ranges::sort(*files);
  return sorted;
}

// Mistral's own layout lies beside the one that everybody reads.
void drop_consolidated(std::vector<fs::path>& files) {
  const auto consolidated = [](const fs::path& file) { return file.filename().string().starts_with("consolidated"); };
  if (!std::ranges::all_of(files, consolidated)) std::erase_if(files, consolidated);
}

// Shards of one model count once.
std::size_t count_models(const std::vector<fs::path>& files) {
  std::set<std::string> bases;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const auto shard = parse_shard_name(name);
    bases.insert(shard ? shard->base + "-of-" + std::to_string(shard->count) : name);
  }
  return bases.size();
}

}  // namespace

bool is_weights_file(const fs::path& file) {
  switch (format_of(file)) {
    case Format::kGguf:
    case Format::kGgml:
      return true;
    case Format::kSafetensors:
      return has_config(file.parent_path()) || cannot_be_opened(kind_of(file));
    case Format::kTorch:
      return lower(file.extension().string()) == ".pth" || has_config(file.parent_path()) ||
             cannot_be_opened(kind_of(file));
    case Format::kNone:
      return false;
  }
  return false;
}

std::vector<fs::path> numbered_parts(const fs::path& file) {
  constexpr int kMaxParts = 64;
  std::vector<fs::path> parts;
  for (int number = 1; number <= kMaxParts; ++number) {
    fs::path part = file.string() + fmt::format(".{}", number);
    std::error_code ignored;
    if (!fs::is_regular_file(part, ignored)) break;
    parts.push_back(std::move(part));
  }
  return parts;
}

FolderWeights weights_in_folder(const fs::path& folder) {
  Sorted sorted = sort_files(folder);
  drop_consolidated(sorted.safetensors);
  if (sorted.gguf.empty()) {
    const bool configured = has_config(folder);
    for (auto* files : {&sorted.safetensors, &sorted.torch}) {
      if (files->empty() || (!configured && !sorted.ggml.empty())) continue;
      // .pth files without a config.json are RWKV models, each by itself.
      const std::size_t n_models = configured || files == &sorted.safetensors ? 1 : count_models(*files);
      return {std::move(*files), n_models};
    }
  }
  std::vector<fs::path> files = std::move(sorted.gguf);
  files.insert(files.end(), sorted.ggml.begin(), sorted.ggml.end());
  std::ranges::sort(files);
  const std::size_t n_models = count_models(files);
  return {std::move(files), n_models};
}

}  // namespace hearth::gallery
