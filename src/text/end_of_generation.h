// Which tokens end a reply: the vocabulary's EOS, EOT and EOM and the names that families use for them.
#pragma once

#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace hearth::text {

// Fills special.eot, eom and end_of_generation. Files often mark such tokens as normal text: they become control
// tokens.
void find_end_of_generation(Vocabulary& vocabulary, SpecialTokens& special);

}  // namespace hearth::text
