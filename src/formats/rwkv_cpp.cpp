#include "formats/rwkv_cpp.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/mapped_file.h"
#include "formats/ggml_encodings.h"
#include "formats/ggml_records.h"
#include "formats/rwkv_version.h"

namespace hearth::formats {
namespace {

constexpr std::uint32_t kMagic = 0x67676d66;
constexpr std::uint32_t kFirstVersion = 100;
constexpr std::uint32_t kLastVersion = 101;
constexpr std::int32_t kMaxCount = 1 << 24;

Result<std::uint32_t> read_version(base::ByteReader& reader) {
  HEARTH_TRY(const auto magic, reader.read<std::uint32_t>("magic"));
  if (magic != kMagic) {
    return fail(ErrorCode::kCorruptFile, fmt::format("an rwkv.cpp file starts with ggmf, found {:08x}", magic));
  }
  HEARTH_TRY(const auto version, reader.read<std::uint32_t>("version"));
  if (version < kFirstVersion || version > kLastVersion) {
    return fail(ErrorCode::kUnsupported, fmt::format("rwkv.cpp files of version {} to {} are read, found {}",
                                                     kFirstVersion, kLastVersion, version));
  }
  return version;
}

// The encoding of the whole file comes last; every tensor has its own, which is what counts.
Status read_counts(base::ByteReader& reader, Metadata& metadata) {
  for (const std::string_view name : {"n_vocab", "n_embed", "n_layer"}) {
    const std::size_t offset = reader.offset();
    HEARTH_TRY(const auto value, reader.read<std::int32_t>(name));
    if (value < 1 || value > kMaxCount) {
      return fail(ErrorCode::kCorruptFile,
                  fmt::format("{} at byte {}: 1 to {} is expected, found {}", name, offset, kMaxCount, value));
    }
    metadata.set(fmt::format("rwkv.{}", name), {std::int64_t{value}});
  }
  return reader.skip(sizeof(std::int32_t), "data type");
}

}  // namespace

Result<Checkpoint> read_rwkv_cpp(std::span<const std::byte> bytes) {
  base::ByteReader reader(bytes);
  HEARTH_TRY(const std::uint32_t version, read_version(reader));
  Checkpoint checkpoint;
  checkpoint.container = fmt::format("rwkv.cpp v{}", version);
  checkpoint.convention = Convention::kRwkv;
  HEARTH_TRY_VOID(read_counts(reader, checkpoint.metadata));
  HEARTH_TRY(checkpoint.tensors, read_ggml_records(reader, {.encoding = rwkv_cpp_encodings(version)}));
  HEARTH_TRY_VOID(checkpoint.index_tensors());
  if (!is_rwkv(checkpoint.tensors)) {
    return fail(ErrorCode::kCorruptFile,
                "tensor blocks.0.att.receptance.weight or emb.weight is missing, which every RWKV model has");
  }
  checkpoint.metadata.set("general.architecture", {std::string("rwkv")});
  checkpoint.metadata.set("rwkv.version", {std::string(rwkv_version(checkpoint.tensors))});
  checkpoint.metadata.set("rwkv.is_transformed", {true});
  return checkpoint;
}

Result<Checkpoint> open_rwkv_cpp(const std::filesystem::path& path) {
  HEARTH_TRY(base::MappedFile file, base::MappedFile::open(path));
  auto checkpoint = read_rwkv_cpp(file.bytes());
  if (!checkpoint) {
    return base::fail_at(path.string(), std::move(checkpoint).error());
  }
  checkpoint->files.push_back(std::move(file));
  checkpoint->path = path;
  return checkpoint;
}

}  // namespace hearth::formats
