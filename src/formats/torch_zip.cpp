#include "formats/torch_zip.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "formats/zip.h"

namespace hearth::formats {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view kPickle = "data.pkl";

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class TorchArchive {
 public:
  static Result<TorchArchive> open(Bytes bytes, const std::string& where) {
    HEARTH_TRY(ZipArchive zip, ZipArchive::read(bytes, where));
    TorchArchive archive(std::move(zip));
    for (std::size_t i = 0; i < archive.zip_.members().size(); ++i) {
      archive.members_.emplace(archive.zip_.members()[i].name, i);
    }
    HEARTH_TRY(archive.folder_, archive.find_folder(where));
    return archive;
  }

  // The bytes of a member of the archive's folder; nullopt without it.
  Result<std::optional<Bytes>> find(std::string_view name) const {
    const auto found = members_.find(fmt::format("{}{}", folder_, name));
    if (found == members_.end()) {
      return std::nullopt;
    }
    return zip_.stored_bytes(zip_.members()[found->second]);
  }

 private:
  explicit TorchArchive(ZipArchive zip) : zip_(std::move(zip)) {}

  // What precedes data.pkl, with its slash: "archive/".
  Result<std::string> find_folder(const std::string& where) const {
    for (const ZipMember& member : zip_.members()) {
      const std::string_view name = member.name;
      const auto slash = name.find('/');
      if (slash != std::string_view::npos && name.substr(slash + 1) == kPickle) {
        return std::string(name.substr(0, slash + 1));
      }
    }
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: the ZIP archive has no data.pkl, so it is no file of PyTorch", where), where);
  }

  ZipArchive zip_;
  std::unordered_map<std::string, std::size_t> members_;
  std::string folder_;
};

Status check_byte_order(const TorchArchive& archive) {
  HEARTH_TRY(const auto order, archive.find("byteorder"));
  if (order && as_text(*order) != "little") {
    return fail(ErrorCode::kUnsupported, fmt::format("the member byteorder must say \"little\", found \"{}\"",
                                                     as_text(order->first(std::min<std::size_t>(order->size(), 16)))));
  }
  return {};
}

Result<Bytes> find_storage(const TorchArchive& archive, const PickledStorage& storage) {
  HEARTH_TRY(const auto bytes, archive.find(fmt::format("data/{}", storage.key)));
  if (!bytes) {
    return fail(ErrorCode::kCorruptFile, fmt::format("its storage data/{} is missing in the archive", storage.key));
  }
  const auto width = static_cast<std::uint64_t>(quant::info(storage.type).block_bytes);
  if (static_cast<std::uint64_t>(storage.n_elements) > bytes->size() / width) {
    return fail(ErrorCode::kCorruptFile,
                fmt::format("its storage data/{} has {} bytes, too few for {} elements of {}", storage.key,
                            bytes->size(), storage.n_elements, quant::info(storage.type).name));
  }
  return *bytes;
}

Result<TorchTensors> read_archive(const TorchArchive& archive, std::size_t max_owned_bytes) {
  HEARTH_TRY_VOID(check_byte_order(archive));
  HEARTH_TRY(const auto pickle_bytes, archive.find(kPickle));
  HEARTH_TRY(const PickleDocument pickle, read_pickle(pickle_bytes.value_or(Bytes{})));
  return collect_tensors(
      pickle, [&](const PickledStorage& storage) { return find_storage(archive, storage); }, max_owned_bytes);
}

}  // namespace

Result<TorchTensors> read_torch_zip(Bytes bytes, const std::string& where) {
  HEARTH_TRY(const TorchArchive archive, TorchArchive::open(bytes, where));
  auto tensors = read_archive(archive, bytes.size());
  if (!tensors) {
    return base::fail_at(where, std::move(tensors).error());
  }
  return tensors;
}

}  // namespace hearth::formats
