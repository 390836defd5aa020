#include "engine/block_key.h"

#include <array>
#include <cstdint>

namespace hearth::engine {

BlockKey root_key(std::string_view cache_identity, std::string_view cache_salt) {
  // The length in front keeps (ab, c) apart from (a, bc).
  const auto length = static_cast<std::uint64_t>(cache_identity.size());
  base::Sha256 hash;
  hash.update(std::as_bytes(std::span(&length, 1)));
  hash.update(cache_identity);
  hash.update(cache_salt);
  return hash.finish();
}

BlockKey child_key(const BlockKey& parent, std::span<const TokenId> tokens) {
  base::Sha256 hash;
  hash.update(std::as_bytes(std::span(parent)));
  hash.update(std::as_bytes(tokens));
  return hash.finish();
}

}  // namespace hearth::engine
