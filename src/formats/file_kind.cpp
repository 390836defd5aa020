#include "formats/file_kind.h"

#include <fmt/format.h>

#include <cstring>

namespace hearth::formats {
namespace {

constexpr std::uint32_t kRwkvCppMinVersion = 100;

template <typename T>
T load_or_zero(std::span<const std::byte> bytes, std::size_t offset) {
  T value{};
  if (bytes.size() >= offset + sizeof(T)) {
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
  }
  return value;
}

// A length, then the opening brace of the JSON header.
bool looks_like_safetensors(std::span<const std::byte> bytes) {
  const auto header_bytes = load_or_zero<std::uint64_t>(bytes, 0);
  return bytes.size() > 8 && header_bytes >= 2 && header_bytes <= (std::uint64_t{1} << 40) &&
         bytes[8] == std::byte{'{'};
}

}  // namespace

FileKind sniff(std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return FileKind::kEmpty;
  }
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size() < 64 ? bytes.size() : 64);
  if (head.starts_with("GGUF")) {
    return FileKind::kGguf;
  }
  if (head.starts_with("fmgg")) {
    return load_or_zero<std::uint32_t>(bytes, 4) >= kRwkvCppMinVersion ? FileKind::kRwkvCpp : FileKind::kGgml;
  }
  if (head.starts_with("lmgg") || head.starts_with("tjgg")) {
    return FileKind::kGgml;
  }
  if (head.starts_with("ccgg")) {
    return FileKind::kGgcc;
  }
  if (head.starts_with("algg")) {
    return FileKind::kGgmlLora;
  }
  if (head.starts_with("PK\x03\x04")) {
    return FileKind::kTorchZip;
  }
  if (head.size() >= 2 && head[0] == '\x80' && head[1] >= '\x02' && head[1] <= '\x05') {
    return FileKind::kPickle;
  }
  if (head.starts_with("version https://git-lfs")) {
    return FileKind::kGitLfsPointer;
  }
  if (head.starts_with("<!DOCTYPE") || head.starts_with("<!doctype") || head.starts_with("<html")) {
    return FileKind::kHtml;
  }
  return looks_like_safetensors(bytes) ? FileKind::kSafetensors : FileKind::kUnknown;
}

std::string_view describe_kind(FileKind kind) {
  switch (kind) {
    case FileKind::kGguf:
      return "a GGUF file";
    case FileKind::kGgml:
      return "a ggml file of 2023 (ggml, ggmf or ggjt)";
    case FileKind::kGgcc:
      return "a ggcc file of 2023 (Falcon)";
    case FileKind::kGgmlLora:
      return "a ggml LoRA adapter of 2023 (ggla)";
    case FileKind::kRwkvCpp:
      return "an rwkv.cpp file";
    case FileKind::kTorchZip:
      return "a ZIP archive, as PyTorch writes .bin, .pt and .pth files";
    case FileKind::kPickle:
      return "a Python pickle, as old PyTorch versions wrote .bin and .pth files";
    case FileKind::kSafetensors:
      return "a safetensors file";
    case FileKind::kGitLfsPointer:
      return "a Git LFS pointer, not the model itself: fetch the file with \"git lfs pull\" or download it again";
    case FileKind::kHtml:
      return "a web page, not a model: the download went wrong";
    case FileKind::kEmpty:
      return "empty";
    case FileKind::kUnknown:
      return "no model file that Hearth knows";
  }
  return "no model file that Hearth knows";
}

Error cannot_open(const std::string& where, FileKind kind) {
  switch (kind) {
    case FileKind::kGitLfsPointer:
    case FileKind::kHtml:
    case FileKind::kEmpty:
    case FileKind::kUnknown:
      return {ErrorCode::kCorruptFile, fmt::format("{}: the file is {}", where, describe_kind(kind)), where};
    default:
      return {ErrorCode::kUnsupported,
              fmt::format("{}: the file is {}, which this build does not read here", where, describe_kind(kind)),
              where};
  }
}

}  // namespace hearth::formats
