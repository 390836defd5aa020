//! hearth-bridge: the Rust libraries that Hearth uses (tokenizers, minijinja), behind one C++ interface.
//!
//! Only the .cpp files of src/text include the generated header. Every function runs inside `guard::guarded`: a panic
//! in a library becomes an error of one call.

mod chat_template;
mod flat;
mod guard;
mod json_tokenizer;
mod limits;
mod piece_model;
mod python_json;
mod strftime;

use chat_template::{new_jinja_template, JinjaTemplate};
use guard::inject_panic;
use json_tokenizer::{new_json_tokenizer, JsonTokenizer};
use piece_model::{new_bpe_model, new_unigram_model, new_wordpiece_model, PieceModel};

#[cxx::bridge(namespace = "hearth::bridge")]
mod ffi {
    /// Texts laid end to end; text i ends at ends[i].
    struct FlatTexts<'a> {
        bytes: &'a [u8],
        ends: &'a [u32],
    }

    struct BpeOptions {
        byte_level: bool,    // pieces are written in the GPT-2 byte alphabet
        ignore_merges: bool, // a whole word that is in the vocabulary is one token, whatever the merges say
        byte_fallback: bool, // characters outside the vocabulary become <0xHH> tokens
    }

    struct UnigramOptions {
        unknown: u32,
        add_space_prefix: bool,
        merge_spaces: bool, // runs of spaces count as one and those at the ends as none
    }

    enum TokenKind {
        Normal,
        Control,
        UserDefined,
        Missing,
    }

    #[derive(Default)]
    struct VocabularyDump {
        pieces: Vec<u8>,
        piece_ends: Vec<u32>,
        texts: Vec<u8>,
        text_ends: Vec<u32>,
        kinds: Vec<u8>, // TokenKind
    }

    struct RenderLimits {
        fuel: u64, // about one per instruction and per 64 bytes that the template creates
        max_output_bytes: usize,
    }

    extern "Rust" {
        type PieceModel;
        fn new_bpe_model(
            pieces: &FlatTexts,
            merges: &FlatTexts,
            patterns: &FlatTexts,
            options: &BpeOptions,
        ) -> Result<Box<PieceModel>>;
        fn new_wordpiece_model(
            pieces: &FlatTexts,
            unknown: &str,
            lowercase: bool,
            strip_accents: bool,
        ) -> Result<Box<PieceModel>>;
        fn new_unigram_model(
            pieces: &FlatTexts,
            scores: &[f32],
            character_map: &[u8],
            options: &UnigramOptions,
        ) -> Result<Box<PieceModel>>;
        fn encode(self: &PieceModel, text: &[u8]) -> Result<Vec<u32>>;

        type JsonTokenizer;
        fn new_json_tokenizer(json: &[u8]) -> Result<Box<JsonTokenizer>>;
        fn encode(self: &JsonTokenizer, text: &[u8], add_special: bool, parse_special: bool) -> Result<Vec<u32>>;
        fn decode(self: &JsonTokenizer, ids: &[u32], skip_special: bool) -> Result<String>;
        fn dump(self: &JsonTokenizer) -> Result<VocabularyDump>;

        type JinjaTemplate;
        fn new_jinja_template(source: &[u8]) -> Result<Box<JinjaTemplate>>;
        // context: a JSON object whose keys are the template's variables. unix_seconds (local time) serves strftime_now.
        fn render(self: &JinjaTemplate, context: &[u8], unix_seconds: i64, limits: &RenderLimits) -> Result<String>;

        fn inject_panic(message: &str) -> Result<()>;
    }
}
