// GgmlHeader: magic, hyperparameters and vocabulary of a ggml, ggmf, ggjt or ggcc file of 2023.
//
// Which hyperparameters a file has is nowhere said: ggml.cpp reads the header by one layout of ggml_layouts.h after the
// other. What a wrong layout makes of the numbers soon stops being a vocabulary, and then these functions say where.
#pragma once

#include "base/byte_reader.h"
#include "base/result.h"
#include "formats/checkpoint.h"
#include "formats/ggml_container.h"
#include "formats/ggml_layouts.h"

namespace hearth::formats {

// Whether files of this container can have this layout.
bool occurs_in(const GgmlLayout& layout, const GgmlContainer& container);

// Hyperparameters, vocabulary and merges as "ggml.*" keys; the reader stands at the first tensor afterwards. Strings of
// the vocabulary are raw bytes. Errors: corrupt_file naming the field or the entry.
Result<Metadata> read_ggml_header(base::ByteReader& reader, const GgmlLayout& layout, const GgmlContainer& container);

// The same with the vocabulary passed over, for finding out whether a layout fits: nothing is stored.
Status skip_ggml_header(base::ByteReader& reader, const GgmlLayout& layout, const GgmlContainer& container);

}  // namespace hearth::formats
