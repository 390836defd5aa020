// Weights: which files and folders of the models folder are models, told by their first bytes and, where these do not
// decide, by their endings and neighbours.
//
// What cannot be opened all the same (a Git LFS pointer, a web page saved under a model's name) still counts: whoever
// asks for it then learns what is wrong with it. Tokenizers, adapters and training state are no models. Called by
// store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace hearth::gallery {

// True for a file that is a model by itself, or the first part of one. A safetensors or PyTorch file needs its
// config.json beside it, a .pth (RWKV's ending) does not.
bool is_weights_file(const std::filesystem::path& file);

// The further parts of an old multi-part file: MODEL.1, MODEL.2, … as far as they lie beside MODEL.
std::vector<std::filesystem::path> numbered_parts(const std::filesystem::path& file);

struct FolderWeights {
  std::vector<std::filesystem::path> files;  // sorted; of the one format that will be read
  std::size_t n_models = 0;                  // 0: no model; 2 and more: several that are models by themselves
};

// Looks at the folder's own files, not at those of its subfolders, in the order of formats/open_checkpoint: GGUF files,
// each a model; then with a config.json safetensors and then PyTorch files, together one model.
FolderWeights weights_in_folder(const std::filesystem::path& folder);

}  // namespace hearth::gallery
