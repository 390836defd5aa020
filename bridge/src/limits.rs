//! What a tokenizer.json may ask for. The crate takes any file at its word: a chain of replacements that each double the
//! text, or a word length without end, would hang the server on the first prompt.

use serde::Deserialize;
use serde_json::Value as Json;

/// How many times longer a text may become. Files in use stay below 10.
const MAX_GROWTH: f64 = 4096.0;
const MAX_PREPENDED_BYTES: usize = 4096;
/// WordPiece looks at every part of a word; every file in use says 100 or 200.
const MAX_WORD_CHARS: u64 = 1024;
/// Steps of one pipeline, those of nested sequences included.
const MAX_STEPS: usize = 4096;

#[derive(Default)]
struct Pipeline {
    steps: usize,
    growth: f64, // as a logarithm, so that a long chain cannot overflow
}

impl Pipeline {
    fn add(&mut self, step: &Json, part: &str) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(format!("{part} has more than {MAX_STEPS} steps"));
        }
        match step["type"].as_str() {
            Some("Sequence") => {
                for key in ["normalizers", "pretokenizers", "decoders", "processors"] {
                    for inner in step[key].as_array().into_iter().flatten() {
                        self.add(inner, part)?;
                    }
                }
            }
            Some("Replace") => self.growth += growth_of_replacement(step).max(1.0).ln(),
            Some("Prepend")
                if step["prepend"]
                    .as_str()
                    .is_some_and(|text| text.len() > MAX_PREPENDED_BYTES) =>
            {
                return Err(format!("{part} prepends more than {MAX_PREPENDED_BYTES} bytes"));
            }
            _ => {}
        }
        if self.growth > MAX_GROWTH.ln() {
            return Err(format!("{part} makes texts more than {MAX_GROWTH} times longer"));
        }
        Ok(())
    }
}

/// A text grows by this factor when all of it is replaced. A regular expression may match the empty places between the
/// characters, too.
fn growth_of_replacement(step: &Json) -> f64 {
    let content = step["content"].as_str().unwrap_or_default().len() as f64;
    match step["pattern"]["String"].as_str() {
        Some(pattern) if !pattern.is_empty() => content / pattern.len() as f64,
        _ => 1.0 + content,
    }
}

/// What of the file is checked; the vocabulary, which is most of it, is skipped.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Checked {
    normalizer: Json,
    pre_tokenizer: Json,
    post_processor: Json,
    decoder: Json,
    model: ModelLimits,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ModelLimits {
    max_input_chars_per_word: Option<u64>,
}

/// The error names the part of the file.
pub fn check_tokenizer(json: &[u8]) -> Result<(), String> {
    let checked: Checked = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let parts = [
        ("normalizer", &checked.normalizer),
        ("pre_tokenizer", &checked.pre_tokenizer),
        ("post_processor", &checked.post_processor),
        ("decoder", &checked.decoder),
    ];
    for (part, step) in parts {
        Pipeline::default().add(step, part)?;
    }
    match checked.model.max_input_chars_per_word {
        Some(n) if n > MAX_WORD_CHARS => Err(format!(
            "model.max_input_chars_per_word is {n}, more than {MAX_WORD_CHARS}"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(json: &Json) -> Result<(), String> {
        check_tokenizer(json.to_string().as_bytes())
    }

    fn replace(pattern: Json, content: &str) -> Json {
        json!({"type": "Replace", "pattern": pattern, "content": content})
    }

    #[test]
    fn what_files_do_is_allowed() {
        let steps = json!({"normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            replace(json!({"String": " "}), "▁"),
            replace(json!({"Regex": " {2,}"}), " "),
            {"type": "NFKD"}]}, "model": {"max_input_chars_per_word": 100}});
        assert_eq!(check(&steps), Ok(()));
    }

    #[test]
    fn chains_that_grow_without_end_are_refused() {
        let doubling: Vec<Json> = (0..40).map(|_| replace(json!({"String": "a"}), "aa")).collect();
        for part in ["normalizer", "decoder"] {
            let key = part.to_owned() + "s";
            let nested = json!({part: {"type": "Sequence", key: doubling.clone()}});
            assert!(check(&nested).unwrap_err().contains(part));
        }
        let huge = "b".repeat(5000);
        assert!(check(&json!({"normalizer": replace(json!({"String": "a"}), &huge)})).is_err());
        assert!(check(&json!({"normalizer": replace(json!({"Regex": ""}), &huge)})).is_err());
        assert!(check(&json!({"normalizer": {"type": "Prepend", "prepend": huge}})).is_err());
        assert!(check(&json!({"model": {"max_input_chars_per_word": 1u64 << 40}})).is_err());
    }
}
