//! Chat templates in the environment that transformers gives them, with fuel and an output cap.
//!
//! minijinja charges fuel for instructions and for the bytes that a template creates, so fuel bounds time and memory.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{from_args, Kwargs, Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State};

use crate::ffi::RenderLimits;
use crate::guard::{guarded, BridgeError};
use crate::python_json::tojson;
use crate::strftime::strftime;

const NAME: &str = "chat template";
const NOW: &str = "__unix_seconds";

pub struct JinjaTemplate {
    environment: Environment<'static>,
}

/// `{% generation %}` marks the assistant's text for training and prints nothing: an `if true` keeps its body and its
/// whitespace control.
fn without_generation_tags(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = rest.find("{%") {
        let Some(length) = rest[open..].find("%}") else { break };
        let close = open + length + 2;
        let inner = &rest[open + 2..close - 2];
        let keyword = inner.trim_matches(['-', '+']).trim();
        result.push_str(&rest[..open]);
        match keyword {
            "generation" | "endgeneration" => {
                let statement = if keyword == "generation" { "if true" } else { "endif" };
                result.push_str(&rest[open..close].replacen(keyword, statement, 1));
            }
            _ => result.push_str(&rest[open..close]),
        }
        rest = &rest[close..];
    }
    result.push_str(rest);
    result
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn strings(parts: &[&str]) -> Value {
    parts.iter().map(|part| Value::from(*part)).collect()
}

fn raise_exception(message: Value) -> Result<Value, Error> {
    Err(invalid(message.to_string()))
}

/// Python's tests: a string or a dict is a sequence, and None is not iterable (minijinja iterates over nothing).
fn is_sequence(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::Undefined | ValueKind::String | ValueKind::Seq | ValueKind::Map
    )
}

fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

fn strftime_now(state: &State, format: &str) -> Result<String, Error> {
    let seconds = state
        .lookup(NOW)
        .and_then(|now| now.as_i64())
        .ok_or_else(|| invalid("there is no clock"))?;
    Ok(strftime(seconds, format))
}

/// Methods of Python's str, dict and list that minijinja-contrib leaves out.
fn python_method(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    if let (ValueKind::String, Some(text)) = (value.kind(), value.as_str()) {
        match method {
            "removeprefix" => {
                let (prefix,): (&str,) = from_args(args)?;
                return Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)));
            }
            "removesuffix" => {
                let (suffix,): (&str,) = from_args(args)?;
                return Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)));
            }
            "partition" | "rpartition" => {
                let (separator,): (&str,) = from_args(args)?;
                if separator.is_empty() {
                    return Err(invalid("empty separator"));
                }
                let parts = if method == "partition" {
                    text.split_once(separator)
                } else {
                    text.rsplit_once(separator)
                };
                return Ok(match (parts, method) {
                    (Some((before, after)), _) => strings(&[before, separator, after]),
                    (None, "partition") => strings(&[text, "", ""]),
                    (None, _) => strings(&["", "", text]),
                });
            }
            "rsplit" => return rsplit(text, args),
            _ => {}
        }
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
}

fn rsplit(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (separator, limit, options): (Option<&str>, Option<i64>, Kwargs) = from_args(args)?;
    let separator = separator.or(options.get("sep")?);
    let limit = limit.or(options.get("maxsplit")?).unwrap_or(-1);
    options.assert_all_used()?;
    if separator == Some("") {
        return Err(invalid("empty separator"));
    }
    let n_parts = usize::try_from(limit).map_or(usize::MAX, |limit| limit.saturating_add(1));
    let mut parts: Vec<&str> = match separator {
        Some(separator) => text.rsplitn(n_parts, separator).collect(),
        None => {
            let mut parts = Vec::new();
            let mut rest = text.trim_end();
            while !rest.is_empty() {
                let cut = if parts.len() + 1 < n_parts {
                    rest.rfind(char::is_whitespace)
                } else {
                    None
                };
                match cut {
                    Some(at) => {
                        parts.push(rest[at..].trim_start());
                        rest = rest[..at].trim_end();
                    }
                    None => {
                        parts.push(rest);
                        rest = "";
                    }
                }
            }
            parts
        }
    };
    parts.reverse();
    Ok(strings(&parts))
}

pub fn new_jinja_template(source: &[u8]) -> Result<Box<JinjaTemplate>, BridgeError> {
    guarded(|| {
        let source = std::str::from_utf8(source).map_err(|_| BridgeError::new("the template is not valid UTF-8"))?;
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(BridgeError::new)?;
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_unknown_method_callback(python_method);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        environment.add_test("sequence", is_sequence);
        environment.add_test("iterable", is_iterable);
        environment
            .add_template_owned(NAME, without_generation_tags(source))
            .map_err(|error| BridgeError::new(describe(&error)))?;
        Ok(Box::new(JinjaTemplate { environment }))
    })
}

struct CappedWriter {
    bytes: Vec<u8>,
    max_bytes: usize,
}

impl io::Write for CappedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.max_bytes - self.bytes.len() {
            return Err(io::Error::other(format!("writes more than {} bytes", self.max_bytes)));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl JinjaTemplate {
    pub fn render(&self, context: &[u8], unix_seconds: i64, limits: &RenderLimits) -> Result<String, BridgeError> {
        guarded(|| {
            let mut variables: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(context).map_err(BridgeError::new)?;
            variables.insert(NOW.to_owned(), unix_seconds.into());
            // Fuel is a setting of the environment; a copy shares the compiled template.
            let mut environment = self.environment.clone();
            environment.set_fuel(Some(limits.fuel));
            let template = environment
                .get_template(NAME)
                .map_err(|error| BridgeError::new(describe(&error)))?;
            let mut writer = CappedWriter {
                bytes: Vec::new(),
                max_bytes: limits.max_output_bytes,
            };
            template
                .render_captured_to(Serde(variables), &mut writer)
                .map_err(|error| BridgeError::new(describe(&error)))?;
            String::from_utf8(writer.bytes).map_err(BridgeError::new)
        })
    }
}

/// One line: "line N: what is wrong". The innermost error knows best; the outermost knows the line.
fn describe(error: &Error) -> String {
    let mut message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        message = inner.to_string();
        source = inner.source();
    }
    if error.kind() == ErrorKind::OutOfFuel {
        message = "needs more steps or memory than a chat template may use".to_owned();
    }
    match error.line() {
        Some(line) => format!("line {line}: {message}"),
        None => message,
    }
}
