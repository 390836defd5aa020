#include "formats/torch_legacy.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/byte_reader.h"

namespace hearth::formats {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv;  // 0x1950a86a20f9469cfc6c
constexpr std::int64_t kProtocol = 1001;

struct LegacyStorage {
  quant::BlockType type{};
  Bytes bytes;
};
using LegacyStorages = std::unordered_map<std::string_view, LegacyStorage>;

std::unexpected<Error> corrupt(std::string message) {
  return fail(ErrorCode::kCorruptFile, std::move(message));
}

// Reads the next pickle and takes its bytes off `bytes`.
Result<PickleDocument> next_pickle(Bytes& bytes, std::string_view what) {
  auto pickle = read_pickle(bytes);
  if (!pickle) {
    return base::fail_at(what, std::move(pickle).error());
  }
  bytes = bytes.subspan(pickle->n_bytes());
  return pickle;
}

Status check_machine(const PickleDocument& facts) {
  if (facts.kind(facts.root()) != PickleKind::kDict) {
    return corrupt("the facts about the machine must be a dictionary");
  }
  const auto& items = facts.items(facts.root());
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (facts.text(items[i]) == "little_endian" && facts.integer(items[i + 1]) == 0) {
      return fail(ErrorCode::kUnsupported, "big-endian PyTorch files are not read; save the model again");
    }
  }
  return {};
}

Status read_head(Bytes& bytes) {
  HEARTH_TRY(const PickleDocument magic, next_pickle(bytes, "magic number"));
  if (magic.kind(magic.root()) != PickleKind::kBigInteger || magic.text(magic.root()) != kMagic) {
    return corrupt("the pickle is no file of PyTorch: its magic number is missing");
  }
  HEARTH_TRY(const PickleDocument protocol, next_pickle(bytes, "protocol"));
  if (protocol.kind(protocol.root()) != PickleKind::kInteger || protocol.integer(protocol.root()) != kProtocol) {
    return fail(ErrorCode::kUnsupported, fmt::format("the protocol {} of old PyTorch files is read, found {}",
                                                     kProtocol, protocol.integer(protocol.root())));
  }
  HEARTH_TRY(const PickleDocument facts, next_pickle(bytes, "facts about the machine"));
  return check_machine(facts);
}

// The storages in the order of `keys`; `types` are those that the pickle of the object gave.
Status read_storages(Bytes bytes, const PickleDocument& keys, LegacyStorages& storages) {
  if (keys.kind(keys.root()) != PickleKind::kList) {
    return corrupt("the keys of the storages must be a list");
  }
  base::ByteReader reader(bytes);
  for (const PickleId id : keys.items(keys.root())) {
    const std::string_view key = keys.text(id);
    const auto storage = storages.find(key);
    if (storage == storages.end()) {
      return corrupt(fmt::format("no tensor uses the storage \"{}\" of the list", key));
    }
    HEARTH_TRY(const auto n_elements, reader.read<std::int64_t>(fmt::format("the size of storage {}", key)));
    const auto width = static_cast<std::uint64_t>(quant::info(storage->second.type).block_bytes);
    if (n_elements < 0 || static_cast<std::uint64_t>(n_elements) > reader.remaining() / width) {
      return corrupt(
          fmt::format("storage {} has {} elements of {} bytes, but the file has only {} bytes left (is the "
                      "download complete?)",
                      key, n_elements, width, reader.remaining()));
    }
    HEARTH_TRY(storage->second.bytes,
               reader.take(static_cast<std::uint64_t>(n_elements) * width, fmt::format("storage {}", key)));
  }
  return {};
}

// Every storage that the pickle names, its bytes yet unknown.
Result<LegacyStorages> name_storages(const PickleDocument& pickle) {
  LegacyStorages storages;
  for (const PickledStorage& storage : pickle.storages()) {
    const auto [known, is_new] = storages.try_emplace(storage.key, LegacyStorage{storage.type, {}});
    if (!is_new && known->second.type != storage.type) {
      return corrupt(fmt::format("storage {} is named with two types", storage.key));
    }
  }
  return storages;
}

}  // namespace

Result<TorchTensors> read_torch_legacy(Bytes bytes) {
  Bytes rest = bytes;
  HEARTH_TRY_VOID(read_head(rest));
  HEARTH_TRY(const PickleDocument pickle, next_pickle(rest, "object"));
  HEARTH_TRY(const PickleDocument keys, next_pickle(rest, "keys of the storages"));
  HEARTH_TRY(LegacyStorages storages, name_storages(pickle));
  HEARTH_TRY_VOID(read_storages(rest, keys, storages));
  const auto find_storage = [&](const PickledStorage& storage) -> Result<Bytes> {
    const LegacyStorage& found = storages.at(storage.key);
    const auto width = static_cast<std::uint64_t>(quant::info(found.type).block_bytes);
    if (static_cast<std::uint64_t>(storage.n_elements) > found.bytes.size() / width) {
      return corrupt(fmt::format("its storage {} has {} bytes, too few for {} elements", storage.key,
                                 found.bytes.size(), storage.n_elements));
    }
    return found.bytes;
  };
  return collect_tensors(pickle, find_storage, bytes.size());
}

}  // namespace hearth::formats
