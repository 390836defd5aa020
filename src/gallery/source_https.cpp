// A plain address. Without a checksum of the caller's, its size is all that can be checked.
#include "gallery/source.h"

namespace hearth::gallery {

Result<net::DownloadedFile> fetch_https(const SourceRequest& request, net::ProgressSink& progress) {
  return net::download(to_download(request), progress);
}

}  // namespace hearth::gallery
