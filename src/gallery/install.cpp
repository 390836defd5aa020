#include "gallery/install.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "base/json.h"
#include "config/model_config.h"
#include "gallery/builtin.h"
#include "gallery/shards.h"
#include "gallery/source.h"
#include "gallery/store.h"
#include "net/url.h"

namespace hearth::gallery {
namespace {

namespace fs = std::filesystem;

// What a reference stands for: the name to install under and the files to fetch.
struct Plan {
  std::string name;  // empty: the file's own name
  std::vector<GalleryFile> files;
};

bool is_sha256(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// "https://HUB/owner/repo/resolve/branch/file" (or blob) -> "hf://owner/repo/file@branch", so that an address copied
// from the hub's page is verified and signed in like any other reference to it.
std::optional<std::string> hub_reference_of(const std::string& reference, const net::Hub& hub) {
  if (!reference.starts_with(hub.endpoint + "/")) return std::nullopt;
  std::string path = reference.substr(hub.endpoint.size() + 1);
  path.resize(std::min(path.find_first_of("?#"), path.size()));
  const auto repository_end = path.find('/', path.find('/') + 1);
  if (path.find('/') == std::string::npos || repository_end == std::string::npos) return std::nullopt;
  for (const std::string_view kind : {"/resolve/", "/blob/"}) {
    if (path.compare(repository_end, kind.size(), kind) != 0) continue;
    const auto branch_begin = repository_end + kind.size();
    const auto branch_end = path.find('/', branch_begin);
    if (branch_end == std::string::npos) return std::nullopt;
    return fmt::format("hf://{}/{}@{}", path.substr(0, repository_end),
                       net::percent_decode(path.substr(branch_end + 1)),
                       path.substr(branch_begin, branch_end - branch_begin));
  }
  return std::nullopt;
}

Result<Plan> plan_files(std::string_view path, const std::string& sha256,
                        const std::function<std::string(const std::string& path)>& to_source) {
  Plan plan;
  for (const std::string& part : all_shards(path)) {
    const std::string filename = part.substr(part.rfind('/') + 1);
    if (!is_plain_file_name(filename)) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' does not end with a file's name", path));
    }
    plan.files.push_back({.filename = filename, .size_bytes = {}, .sha256 = sha256, .sources = {to_source(part)}});
  }
  return plan;
}

Result<Plan> plan_hub(const std::string& reference, const InstallOptions& options) {
  HEARTH_TRY(const net::HubReference parsed, net::parse_hub_reference(reference));
  if (parsed.path.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} names a repository: add the file's name, as in hf://{}/FILE.gguf", reference,
                            parsed.repository));
  }
  return plan_files(parsed.path, options.sha256, [&](const std::string& path) {
    return fmt::format("hf://{}/{}@{}", parsed.repository, path, parsed.revision);
  });
}

Result<Plan> plan_address(const std::string& reference, const InstallOptions& options) {
  HEARTH_TRY(const net::Url url, net::parse_url(reference));
  const auto query_begin = std::min(reference.find_first_of("?#"), reference.size());
  const std::string query = reference.substr(query_begin), address = reference.substr(0, query_begin);
  HEARTH_TRY(Plan plan, plan_files(address, options.sha256, [&](const std::string& path) { return path + query; }));
  for (GalleryFile& file : plan.files) {
    file.filename = net::percent_decode(file.filename);
    if (!is_plain_file_name(file.filename) || net::last_path_segment(url).empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} does not end with a file's name", net::printable_url(reference)));
    }
  }
  return plan;
}

Result<Plan> plan_path(const fs::path& path, const InstallOptions& options) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} is a folder: name the weights' file in it", path.string()));
  }
  const std::string whole = fs::absolute(path).lexically_normal().string();
  return plan_files(whole, options.sha256, [](const std::string& part) { return net::file_url(part); });
}

Result<Plan> make_plan(const std::string& reference, const InstallOptions& options) {
  if (!options.sha256.empty() && !is_sha256(options.sha256)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a sha256: 64 digits of 0-9a-f", options.sha256));
  }
  if (const GalleryEntry* entry = find_gallery_entry(reference)) return Plan{entry->name, entry->files};
  if (const auto hub_reference = hub_reference_of(reference, options.hub)) return plan_hub(*hub_reference, options);
  for (const std::string_view scheme : {"hf://", "huggingface://", "hf.co/"}) {
    if (reference.starts_with(scheme)) return plan_hub(reference, options);
  }
  if (reference.starts_with("file://")) {
    HEARTH_TRY(const net::Url url, net::parse_url(reference));
    return plan_path(net::percent_decode(url.path), options);
  }
  if (reference.find("://") != std::string::npos) return plan_address(reference, options);
  std::error_code error;
  if (fs::exists(reference, error)) return plan_path(reference, options);
  std::string message = fmt::format("'{}' is neither a model of the gallery, nor a file, nor an address", reference);
  const auto near = nearest_gallery_names(reference);
  message += near.empty() ? "; hearth list --available shows the gallery"
                          : fmt::format("; did you mean {}?", fmt::join(near, " or "));
  return fail(ErrorCode::kNotFound, message);
}

// The sources of one file in order, until one brings it.
Result<net::DownloadedFile> fetch(const GalleryFile& file, const InstallOptions& options, net::ProgressSink& progress,
                                  std::string& source_used) {
  SourceRequest request{.reference = "",
                        .target = options.models_path / file.filename,
                        .size_bytes = file.size_bytes,
                        .sha256 = file.sha256,
                        .hub = options.hub,
                        .cancel = options.cancel,
                        .limits = options.limits};
  if (!file.sha256.empty()) {
    HEARTH_TRY(const auto present, net::find_present(to_download(request), progress));
    if (present) return *present;
  }
  Error last{ErrorCode::kInternal, fmt::format("{} has no source", file.filename), ""};
  for (const std::string& source : file.sources) {
    const Fetch fetch_from = find_source(source);
    if (fetch_from == nullptr) return fail(ErrorCode::kInternal, fmt::format("no source reads '{}'", source));
    request.reference = source;
    auto fetched = fetch_from(request, progress);
    if (fetched) {
      source_used = fetched->already_present ? "" : source.substr(0, source.find(' '));
      return fetched;
    }
    last = fetched.error();
    if (last.code == ErrorCode::kCancelled) break;
    if (&source != &file.sources.back()) progress.on_note(fmt::format("{}; trying the next source", last.message));
  }
  return std::unexpected(last);
}

Status write_config(const fs::path& path, const std::string& name, const std::string& filename) {
  // A name of this thread's own: two installs of one model may come here at once.
  const fs::path fresh = fmt::format("{}.{}-{:x}.partial", path.string(), ::getpid(),
                                     std::hash<std::thread::id>()(std::this_thread::get_id()));
  std::error_code error;
  fs::remove(fresh, error);  // a link there must not be written through
  std::ofstream file(fresh, std::ios::trunc);
  // JSON's quoting is YAML's too.
  file << "name: " << base::dump_json(Json(name)) << "\nparameters:\n  model: " << base::dump_json(Json(filename))
       << "\n";
  file.close();
  if (file) fs::rename(fresh, path, error);
  if (!file || error) {
    return fail(ErrorCode::kUnavailable, fmt::format("{} cannot be written", path.string()), path.string());
  }
  return {};
}

// The YAML file that makes `name` mean `filename`. One that is there already is its owner's and stays.
Result<fs::path> name_model(const fs::path& folder, const std::string& name, const std::string& filename,
                            net::ProgressSink& progress) {
  fs::path path = folder / (name + ".yaml");
  std::error_code error;
  if (!fs::exists(path, error)) {
    HEARTH_TRY_VOID(write_config(path, name, filename));
    return path;
  }
  const auto configs = config::read_model_configs(path);
  const bool same = configs && std::ranges::any_of(*configs, [&](const config::ModelConfig& config) {
                      return config.parameters.model == filename;
                    });
  if (same) return path;
  progress.on_note(fmt::format("{} is there already and is about another model: left as it is", path.string()));
  return fs::path();
}

// The installed model that the reference's plan would make, if it is all there and nobody asked to look closer.
std::optional<InstalledModel> find_installed(const Plan& plan, const InstallOptions& options) {
  if (options.verify || !options.sha256.empty() || plan.name.empty()) return std::nullopt;
  const auto stored = Store(options.models_path).find(plan.name);
  std::error_code error;
  for (const GalleryFile& file : plan.files) {
    if (!fs::is_regular_file(options.models_path / file.filename, error)) return std::nullopt;
  }
  const bool named = stored && stored->name == plan.name;
  if (!named || stored->file.filename() != plan.files.front().filename) return std::nullopt;
  return InstalledModel{stored->name, stored->file, stored->config, stored->size_bytes, "", true};
}

}  // namespace

Result<InstalledModel> install(const std::string& reference, const InstallOptions& options,
                               net::ProgressSink& progress) {
  HEARTH_TRY(Plan plan, make_plan(reference, options));
  if (!options.name.empty()) plan.name = options.name;
  if (!plan.name.empty() && !is_plain_file_name(plan.name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot be a model's name: it must be a plain file name", plan.name));
  }
  std::error_code error;
  fs::create_directories(options.models_path, error);
  if (!fs::is_directory(options.models_path, error)) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} cannot be made: choose another --models-path", options.models_path.string()));
  }
  if (auto installed = find_installed(plan, options)) return *std::move(installed);

  InstalledModel model{.file = options.models_path / plan.files.front().filename, .already_present = true};
  for (const GalleryFile& file : plan.files) {
    std::string source;
    HEARTH_TRY(const net::DownloadedFile fetched, fetch(file, options, progress, source));
    model.size_bytes += fetched.size_bytes;
    model.already_present = model.already_present && fetched.already_present;
    if (model.source.empty()) model.source = source;
  }
  const auto shard = parse_shard_name(plan.files.front().filename);
  const std::string own_name = shard ? shard->base : model.file.stem().string();
  model.name = own_name;
  if (!plan.name.empty() && plan.name != own_name) {
    HEARTH_TRY(model.config, name_model(options.models_path, plan.name, plan.files.front().filename, progress));
    if (!model.config.empty()) model.name = plan.name;
  }
  return model;
}

}  // namespace hearth::gallery
