// A file of this machine, copied the same careful way as a download.
#include "gallery/source.h"

namespace hearth::gallery {

Result<net::DownloadedFile> fetch_file(const SourceRequest& request, net::ProgressSink& progress) {
  return net::download(to_download(request), progress);
}

}  // namespace hearth::gallery
