// The model hub: asks it for size and SHA-256 first, so that nothing about a file has to be known beforehand.
#include <fmt/format.h>

#include "gallery/source.h"

namespace hearth::gallery {

Result<net::DownloadedFile> fetch_hf(const SourceRequest& request, net::ProgressSink& progress) {
  HEARTH_TRY(const net::HubReference reference, net::parse_hub_reference(request.reference));
  if (reference.path.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} names a repository: add the file's name, as in hf://{}/FILE.gguf", request.reference,
                            reference.repository));
  }
  HEARTH_TRY(const net::HubFile file, net::probe_hub_file(request.hub, reference, request.limits));
  net::DownloadRequest wanted = to_download(request);
  wanted.url = net::resolve_url(request.hub, reference);
  wanted.bearer_token = request.hub.token;
  if (wanted.sha256.empty()) wanted.sha256 = file.sha256;
  if (!wanted.size_bytes) wanted.size_bytes = file.size_bytes;
  if (!file.sha256.empty() && file.sha256 != wanted.sha256) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: the hub has another file: sha256 {}, expected {}",
                                                     request.reference, file.sha256, wanted.sha256));
  }
  if (file.size_bytes && *file.size_bytes != *wanted.size_bytes) {
    return fail(ErrorCode::kCorruptFile, fmt::format("{}: the hub has another file: {} bytes, expected {}",
                                                     request.reference, *file.size_bytes, *wanted.size_bytes));
  }
  if (wanted.sha256.empty()) progress.on_note(fmt::format("{}: the hub gives no checksum for it", request.reference));
  return net::download(wanted, progress);
}

}  // namespace hearth::gallery
