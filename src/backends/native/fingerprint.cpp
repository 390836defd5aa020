#include "backends/native/fingerprint.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "base/version.h"

namespace hearth::backends {
namespace {

constexpr std::size_t kSampleBytes = 1024;  // at the beginning, in the middle and at the end of each tensor

void update_with(base::Sha256& hash, std::string_view part) {
  // The length first, so that two parts cannot be cut differently and look alike.
  const std::uint64_t size = part.size();
  std::array<std::byte, sizeof(size)> bytes{};
  std::memcpy(bytes.data(), &size, sizeof(size));
  hash.update(bytes);
  hash.update(part);
}

void update_with_number(base::Sha256& hash, std::int64_t number) {
  std::array<std::byte, sizeof(number)> bytes{};
  std::memcpy(bytes.data(), &number, sizeof(number));
  hash.update(bytes);
}

template <typename T>
void update_with_all(base::Sha256& hash, const std::vector<T>& values) {
  update_with_number(hash, static_cast<std::int64_t>(values.size()));
  hash.update(std::as_bytes(std::span(values)));
}

void update_with_value(base::Sha256& hash, const formats::MetadataValue& metadata);

struct ValueHasher {
  base::Sha256& hash;

  void operator()(bool value) const { update_with_number(hash, value ? 1 : 0); }
  void operator()(std::int64_t value) const { update_with_number(hash, value); }
  void operator()(std::uint64_t value) const { update_with_number(hash, static_cast<std::int64_t>(value)); }
  void operator()(double value) const { update_with_number(hash, std::bit_cast<std::int64_t>(value)); }
  void operator()(const std::string& value) const { update_with(hash, value); }
  void operator()(const std::vector<std::string>& values) const {
    for (const std::string& value : values) update_with(hash, value);
  }
  void operator()(const std::vector<std::int64_t>& values) const { update_with_all(hash, values); }
  void operator()(const std::vector<float>& values) const { update_with_all(hash, values); }
  void operator()(const formats::MetadataArray& values) const {
    for (const formats::MetadataValue& value : values) update_with_value(hash, value);
  }
};

void update_with_value(base::Sha256& hash, const formats::MetadataValue& metadata) {
  update_with_number(hash, static_cast<std::int64_t>(metadata.value.index()));
  std::visit(ValueHasher{hash}, metadata.value);
}

}  // namespace

std::string weights_identity(const formats::Checkpoint& checkpoint) {
  base::Sha256 hash;
  update_with(hash, checkpoint.container);
  for (const auto& [key, value] : checkpoint.metadata.entries()) {
    update_with(hash, key);
    update_with_value(hash, value);
  }
  for (const formats::TensorView& tensor : checkpoint.tensors) {
    update_with(hash, tensor.name);
    update_with_number(hash, static_cast<std::int64_t>(tensor.type));
    for (const std::int64_t extent : tensor.shape) {
      update_with_number(hash, extent);
    }
    const std::size_t n = std::min(kSampleBytes, tensor.bytes.size());
    hash.update(tensor.bytes.first(n));
    hash.update(tensor.bytes.subspan((tensor.bytes.size() - n) / 2, n));
    hash.update(tensor.bytes.last(n));
  }
  return base::to_hex(hash.finish());
}

std::string system_fingerprint(const FingerprintParts& parts) {
  base::Sha256 hash;
  for (const std::string_view part :
       {base::build_identity(), parts.weights, parts.isa, parts.tokenizer, parts.chat_template, parts.config}) {
    update_with(hash, part);
  }
  return "fp_" + base::to_hex(hash.finish()).substr(0, 12);
}

}  // namespace hearth::backends
