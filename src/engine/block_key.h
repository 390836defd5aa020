// BlockKey: names the content of a full KV block, and of everything before it, by a hash chain.
//
// Keys and values at a position depend on all tokens up to it, so a block's key hashes its own tokens onto its
// parent's key. The root holds what else they depend on: weights, KV type, rope settings, and the request's salt.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "engine/token_id.h"

namespace hearth::engine {

using BlockKey = base::Sha256Digest;

BlockKey root_key(std::string_view cache_identity, std::string_view cache_salt);
// `tokens`: those of one block, 32.
BlockKey child_key(const BlockKey& parent, std::span<const TokenId> tokens);

// The key is a cryptographic hash already: any part of it is uniform.
struct BlockKeyHash {
  std::size_t operator()(const BlockKey& key) const {
    std::size_t value = 0;
    std::memcpy(&value, key.data(), sizeof(value));
    return value;
  }
};

}  // namespace hearth::engine
