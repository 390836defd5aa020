//! A whole tokenizer.json: added tokens, normalizer, pre-tokenizer, model and post-processor as the file says.

use serde_json::Value as Json;
use tokenizers::{AddedVocabulary, DecoderWrapper, Model, OffsetType, PreTokenizer, Tokenizer};

use crate::ffi::{TokenKind, VocabularyDump};
use crate::guard::{guarded, BridgeError};
use crate::limits::check_tokenizer;

pub struct JsonTokenizer {
    tokenizer: Tokenizer,
    // The same added tokens, but special ones are read as plain text: for text that users wrote.
    plain_vocabulary: AddedVocabulary,
}

/// How a token's piece becomes text, read off the decoder.
#[derive(Default)]
struct PieceCoding {
    byte_level: bool,
    metaspace: bool,
    byte_fallback: bool,
    word_piece_prefix: Option<String>,
}

fn note_decoder(decoder: &Json, coding: &mut PieceCoding) {
    match decoder["type"].as_str() {
        Some("ByteLevel") => coding.byte_level = true,
        Some("Metaspace") => coding.metaspace = true,
        Some("ByteFallback") => coding.byte_fallback = true,
        Some("Replace") if decoder["content"] == " " => coding.metaspace = true,
        Some("WordPiece") => coding.word_piece_prefix = decoder["prefix"].as_str().map(str::to_owned),
        Some("Sequence") => {
            for part in decoder["decoders"].as_array().into_iter().flatten() {
                note_decoder(part, coding);
            }
        }
        _ => {}
    }
}

fn coding_of(decoder: Option<&DecoderWrapper>) -> PieceCoding {
    let mut coding = PieceCoding::default();
    if let Some(decoder) = decoder {
        if let Ok(json) = serde_json::to_value(decoder) {
            note_decoder(&json, &mut coding);
        }
    }
    coding
}

/// The byte that a character of the GPT-2 byte alphabet stands for.
fn byte_of(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (33..=126 | 161..=172 | 174..=255) => Some(code as u8),
        code @ 256..=288 => Some((code - 256) as u8),
        code @ 289..=322 => Some((code - 289 + 127) as u8),
        323 => Some(173),
        _ => None,
    }
}

fn byte_fallback_value(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() != 2 {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

impl PieceCoding {
    fn bytes(&self, piece: &str) -> Vec<u8> {
        if self.byte_level {
            // A character outside the alphabet comes from an added token and stands for itself.
            let mut bytes = Vec::with_capacity(piece.len());
            for c in piece.chars() {
                match byte_of(c) {
                    Some(byte) => bytes.push(byte),
                    None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            return bytes;
        }
        if self.byte_fallback {
            if let Some(byte) = byte_fallback_value(piece) {
                return vec![byte];
            }
        }
        if let Some(prefix) = &self.word_piece_prefix {
            return match piece.strip_prefix(prefix.as_str()) {
                Some(rest) => rest.as_bytes().to_vec(),
                None => format!(" {piece}").into_bytes(),
            };
        }
        if self.metaspace {
            return piece.replace('\u{2581}', " ").into_bytes();
        }
        piece.as_bytes().to_vec()
    }
}

pub fn new_json_tokenizer(json: &[u8]) -> Result<Box<JsonTokenizer>, BridgeError> {
    guarded(|| {
        check_tokenizer(json).map_err(BridgeError::new)?;
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(BridgeError::new)?;
        // Cutting and padding are the server's business.
        tokenizer.with_truncation(None).map_err(BridgeError::new)?;
        tokenizer.with_padding(None);
        let mut plain_vocabulary = tokenizer.get_added_vocabulary().clone();
        plain_vocabulary.set_encode_special_tokens(true);
        Ok(Box::new(JsonTokenizer {
            tokenizer,
            plain_vocabulary,
        }))
    })
}

impl JsonTokenizer {
    pub fn encode(&self, text: &[u8], add_special: bool, parse_special: bool) -> Result<Vec<u32>, BridgeError> {
        guarded(|| {
            let text = String::from_utf8_lossy(text);
            let vocabulary = if parse_special {
                self.tokenizer.get_added_vocabulary()
            } else {
                &self.plain_vocabulary
            };
            let mut pieces = vocabulary.extract_and_normalize(self.tokenizer.get_normalizer(), &text);
            if let Some(pre_tokenizer) = self.tokenizer.get_pre_tokenizer() {
                pre_tokenizer.pre_tokenize(&mut pieces).map_err(BridgeError::new)?;
            }
            let model = self.tokenizer.get_model();
            pieces
                .tokenize(|part| model.tokenize(part.get()))
                .map_err(BridgeError::new)?;
            let encoding = pieces
                .into_encoding(None, 0, OffsetType::None)
                .map_err(BridgeError::new)?;
            let encoding = self
                .tokenizer
                .post_process(encoding, None, add_special)
                .map_err(BridgeError::new)?;
            Ok(encoding.get_ids().to_vec())
        })
    }

    pub fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, BridgeError> {
        guarded(|| self.tokenizer.decode(ids, skip_special).map_err(BridgeError::new))
    }

    /// Every token with its piece, its bytes in the middle of a text, and its kind. Ids without a token are empty.
    pub fn dump(&self) -> Result<VocabularyDump, BridgeError> {
        guarded(|| {
            let coding = coding_of(self.tokenizer.get_decoder());
            let added = self.tokenizer.get_added_tokens_decoder();
            let mut tokens: Vec<(u32, String)> = self
                .tokenizer
                .get_vocab(true)
                .into_iter()
                .map(|(piece, id)| (id, piece))
                .collect();
            tokens.sort_unstable();
            // An id far beyond the number of tokens would make the dump huge.
            let max_id = 4 * tokens.len() + (1 << 16);
            let mut dump = VocabularyDump::default();
            for (id, piece) in tokens {
                if id as usize > max_id {
                    return Err(BridgeError::new(format!("token id {id} is out of range")));
                }
                if (id as usize) < dump.kinds.len() {
                    continue; // two pieces share the id
                }
                while dump.kinds.len() < id as usize {
                    push_token(&mut dump, "", b"", TokenKind::Missing);
                }
                match added.get(&id) {
                    Some(token) if token.special => push_token(&mut dump, &piece, piece.as_bytes(), TokenKind::Control),
                    Some(_) => push_token(&mut dump, &piece, piece.as_bytes(), TokenKind::UserDefined),
                    None => push_token(&mut dump, &piece, &coding.bytes(&piece), TokenKind::Normal),
                }
            }
            Ok(dump)
        })
    }
}

fn push_token(dump: &mut VocabularyDump, piece: &str, text: &[u8], kind: TokenKind) {
    dump.pieces.extend_from_slice(piece.as_bytes());
    dump.piece_ends.push(dump.pieces.len() as u32);
    dump.texts.extend_from_slice(text);
    dump.text_ends.push(dump.texts.len() as u32);
    dump.kinds.push(kind.repr);
}
