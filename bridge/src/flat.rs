//! Lists of strings as one buffer plus end offsets: a vocabulary of 256k tokens crosses the border as two slices.

use crate::ffi::FlatTexts;
use crate::guard::BridgeError;

/// The texts of a flat list. Invalid UTF-8 becomes U+FFFD: such a token can never match text and keeps its id.
pub fn unpack(flat: &FlatTexts) -> Result<Vec<String>, BridgeError> {
    let mut texts = Vec::with_capacity(flat.ends.len());
    let mut begin = 0usize;
    for &end in flat.ends {
        let end = end as usize;
        let part = flat
            .bytes
            .get(begin..end)
            .ok_or_else(|| BridgeError::new("a flat text list with wrong offsets"))?;
        texts.push(String::from_utf8_lossy(part).into_owned());
        begin = end;
    }
    Ok(texts)
}
