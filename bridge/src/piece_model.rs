//! Sub-word models built from the bare vocabulary of a GGUF file or of vocab.json and merges.txt.
//!
//! They encode plain text only: special tokens are split off in C++ before, so no added vocabulary is involved.

use ahash::AHashMap;

use tokenizers::models::bpe::BPE;
use tokenizers::models::unigram::Unigram;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::normalizers::precompiled::Precompiled;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{ModelWrapper, NormalizedString, Normalizer, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer};

use crate::ffi::{BpeOptions, FlatTexts, UnigramOptions};
use crate::flat::unpack;
use crate::guard::{guarded, BridgeError};

const SPACE_MARK: char = '\u{2581}';

pub struct PieceModel {
    tokenizer: Tokenizer,
    normalizer: Option<UnigramNormalizer>,
}

fn vocabulary_map(pieces: Vec<String>) -> AHashMap<String, u32> {
    let mut map = AHashMap::with_capacity(pieces.len());
    for (id, piece) in pieces.into_iter().enumerate() {
        // The first of two equal pieces wins; the other can only be written by its id.
        map.entry(piece).or_insert(id as u32);
    }
    map
}

/// Merges whose parts or result are missing from the vocabulary can never apply; the others keep their order.
fn usable_merges(merges: Vec<String>, vocabulary: &AHashMap<String, u32>) -> Vec<(String, String)> {
    merges
        .iter()
        .filter_map(|merge| {
            // The parts of a merge may contain spaces in vocabularies that are not byte-level.
            let middle = merge.char_indices().skip(1).find(|&(at, c)| {
                c == ' ' && vocabulary.contains_key(&merge[..at]) && vocabulary.contains_key(&merge[at + 1..])
            })?;
            let (left, right) = (&merge[..middle.0], &merge[middle.0 + 1..]);
            vocabulary
                .contains_key(&format!("{left}{right}"))
                .then(|| (left.to_owned(), right.to_owned()))
        })
        .collect()
}

pub fn new_bpe_model(
    pieces: &FlatTexts,
    merges: &FlatTexts,
    patterns: &FlatTexts,
    options: &BpeOptions,
) -> Result<Box<PieceModel>, BridgeError> {
    guarded(|| {
        let vocabulary = vocabulary_map(unpack(pieces)?);
        let merges = usable_merges(unpack(merges)?, &vocabulary);
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .ignore_merges(options.ignore_merges)
            .byte_fallback(options.byte_fallback)
            .build()
            .map_err(BridgeError::new)?;
        let mut steps = Vec::new();
        for pattern in unpack(patterns)? {
            let split = Split::new(SplitPattern::Regex(pattern), SplitDelimiterBehavior::Isolated, false)
                .map_err(BridgeError::new)?;
            steps.push(PreTokenizerWrapper::from(split));
        }
        if options.byte_level {
            steps.push(PreTokenizerWrapper::from(ByteLevel::new(false, false, false)));
        }
        let mut tokenizer = Tokenizer::new(ModelWrapper::from(model));
        tokenizer.with_pre_tokenizer(Some(PreTokenizerWrapper::from(Sequence::new(steps))));
        Ok(Box::new(PieceModel {
            tokenizer,
            normalizer: None,
        }))
    })
}

pub fn new_wordpiece_model(
    pieces: &FlatTexts,
    unknown: &str,
    lowercase: bool,
    strip_accents: bool,
) -> Result<Box<PieceModel>, BridgeError> {
    guarded(|| {
        let model = WordPiece::builder()
            .vocab(vocabulary_map(unpack(pieces)?))
            .unk_token(unknown.to_owned())
            .build()
            .map_err(BridgeError::new)?;
        let mut tokenizer = Tokenizer::new(ModelWrapper::from(model));
        tokenizer.with_normalizer(Some(BertNormalizer::new(true, true, Some(strip_accents), lowercase)));
        tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
        Ok(Box::new(PieceModel {
            tokenizer,
            normalizer: None,
        }))
    })
}

/// What happens to text before a Unigram model sees it: the file's character map, then spaces become "▁".
struct UnigramNormalizer {
    character_map: Option<Precompiled>,
    add_space_prefix: bool,
    merge_spaces: bool,
}

impl UnigramNormalizer {
    fn normalize(&self, text: &str) -> Result<String, BridgeError> {
        let mut mapped = NormalizedString::from(text);
        if let Some(character_map) = &self.character_map {
            character_map.normalize(&mut mapped).map_err(BridgeError::new)?;
        }
        let mut marked = String::with_capacity(text.len() * 2);
        let mut in_word = false;
        for c in mapped.get().chars() {
            if c == ' ' {
                in_word = false;
                if !self.merge_spaces {
                    marked.push(SPACE_MARK);
                }
                continue;
            }
            let first_word = !in_word && self.add_space_prefix && !marked.contains(|c| c != SPACE_MARK);
            if !in_word && (self.merge_spaces || first_word) {
                marked.push(SPACE_MARK);
            }
            in_word = true;
            marked.push(c);
        }
        Ok(marked)
    }
}

pub fn new_unigram_model(
    pieces: &FlatTexts,
    scores: &[f32],
    character_map: &[u8],
    options: &UnigramOptions,
) -> Result<Box<PieceModel>, BridgeError> {
    guarded(|| {
        let pieces = unpack(pieces)?;
        if pieces.len() != scores.len() {
            return Err(BridgeError::new("as many scores as pieces are needed"));
        }
        let character_map = match character_map {
            [] => None,
            bytes => Some(Precompiled::from(bytes).map_err(BridgeError::new)?),
        };
        let scored = pieces
            .into_iter()
            .zip(scores.iter().map(|&score| f64::from(score)))
            .collect();
        let model = Unigram::from(scored, Some(options.unknown as usize), false).map_err(BridgeError::new)?;
        let normalizer = UnigramNormalizer {
            character_map,
            add_space_prefix: options.add_space_prefix,
            merge_spaces: options.merge_spaces,
        };
        Ok(Box::new(PieceModel {
            tokenizer: Tokenizer::new(ModelWrapper::from(model)),
            normalizer: Some(normalizer),
        }))
    })
}

impl PieceModel {
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>, BridgeError> {
        guarded(|| {
            let text = String::from_utf8_lossy(text);
            let text = match &self.normalizer {
                Some(normalizer) => normalizer.normalize(&text)?.into(),
                None => text,
            };
            let encoding = self
                .tokenizer
                .encode_fast(text.as_ref(), false)
                .map_err(BridgeError::new)?;
            Ok(encoding.get_ids().to_vec())
        })
    }
}
