#include "backends/native/fingerprint.h"

#include <algorithm>
#include <array>
#include <cstring>

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

}  // namespace

std::string weights_identity(const formats::Checkpoint& checkpoint) {
  base::Sha256 hash;
  update_with(hash, checkpoint.container);
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
       {base::build_identity(), parts.weights, parts.isa, parts.chat_template, parts.config}) {
    update_with(hash, part);
  }
  return "fp_" + base::to_hex(hash.finish()).substr(0, 12);
}

}  // namespace hearth::backends
