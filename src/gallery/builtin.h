// The built-in gallery: models that a person can ask for by a short name, as data.
//
// `hearth pull NAME`, `hearth list --available` and --preload read it. A source is a reference with a scheme (hf://,
// https://, file://, pypi://); sources are tried in order. Sizes and hashes are given only where a source cannot tell
// them; the hub tells them itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::gallery {

struct GalleryFile {
  std::string filename;
  std::optional<std::uint64_t> size_bytes;
  std::string sha256;
  std::vector<std::string> sources;
};

struct GalleryEntry {
  std::string name;
  std::string description;
  std::string license;
  std::vector<GalleryFile> files;  // the first one is the model
};

std::span<const GalleryEntry> builtin_gallery();

// Without regard to case; "/" counts as "__", as in LocalAI. Null when there is none.
const GalleryEntry* find_gallery_entry(std::string_view name);

// Up to three entries whose names are nearest to `name`, for error messages.
std::vector<std::string> nearest_gallery_names(std::string_view name);

}  // namespace hearth::gallery
