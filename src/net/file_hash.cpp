#include "net/file_hash.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "base/hash.h"

namespace hearth::net {

Result<std::string> hash_file(const std::filesystem::path& path, const std::atomic<bool>* cancel,
                              const std::function<void(std::uint64_t)>& on_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (file == nullptr) {
    return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                fmt::format("{}: {}", path.string(), std::strerror(errno)), path.string());
  }
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  base::Sha256 hash;
  std::uint64_t n_done = 0;
  for (;;) {
    if (cancel != nullptr && cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
    const std::size_t n_read = std::fread(buffer.data(), 1, buffer.size(), file.get());
    hash.update(std::span<const std::byte>(buffer).first(n_read));
    n_done += n_read;
    if (on_bytes) on_bytes(n_done);
    if (n_read < buffer.size()) break;
  }
  if (std::ferror(file.get()) != 0) {
    return fail(ErrorCode::kUnavailable, fmt::format("{}: cannot be read", path.string()), path.string());
  }
  return base::to_hex(hash.finish());
}

}  // namespace hearth::net
