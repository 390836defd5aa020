// SHA-256 of a file on disk, read in pieces, stoppable: a model is gigabytes and the user may lose patience.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"

namespace hearth::net {

// Lower-case hex. `on_bytes` is told the running total after each piece.
// Errors: not_found, unavailable (cannot be read), cancelled.
Result<std::string> hash_file(const std::filesystem::path& path, const std::atomic<bool>* cancel,
                              const std::function<void(std::uint64_t)>& on_bytes = {});

}  // namespace hearth::net
