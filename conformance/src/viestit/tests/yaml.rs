//! Reads the YAML of an OpenAPI file: block mappings and lists, plain and quoted scalars, literal and folded texts, `{}`
//! and `[]`. Deliberately nothing else: what it does not know ends the test, so that nothing is read wrongly in silence.

use serde_json::{Map, Value};

pub(super) fn read(text: &str) -> Value {
    let lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    let mut reader = Reader { lines, at: 0 };
    let value = reader.block(0);
    reader.skip_empty();
    assert_eq!(reader.at, reader.lines.len(), "line {} is read by nobody", reader.at + 1);
    value
}

#[derive(Clone, Copy)]
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let text = line.trim_start_matches(' ');
        Self { indent: line.len() - text.len(), text: text.trim_end() }
    }
}

struct Reader<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn skip_empty(&mut self) {
        while self.lines.get(self.at).is_some_and(|line| line.text.is_empty() || line.text.starts_with('#')) {
            self.at += 1;
        }
    }

    /// The next line of at least this indent.
    fn peek(&mut self, least: usize) -> Option<Line<'a>> {
        self.skip_empty();
        self.lines.get(self.at).copied().filter(|line| line.indent >= least)
    }

    /// A mapping or a list whose first line is next.
    fn block(&mut self, least: usize) -> Value {
        let Some(first) = self.peek(least) else { return Value::Null };
        if first.text.starts_with("- ") { self.list(first.indent) } else { self.mapping(first.indent) }
    }

    fn list(&mut self, indent: usize) -> Value {
        let mut items = Vec::new();
        while let Some(line) = self.peek(indent).filter(|line| line.indent == indent && line.text.starts_with("- ")) {
            let rest = line.text["- ".len()..].trim_start();
            if key(rest).is_some() {
                // A mapping that begins on the line of its dash.
                let inner = indent + (line.text.len() - rest.len());
                self.lines[self.at] = Line { indent: inner, text: rest };
                items.push(self.mapping(inner));
            } else {
                self.at += 1;
                items.push(scalar(rest));
            }
        }
        Value::Array(items)
    }

    fn mapping(&mut self, indent: usize) -> Value {
        let mut members = Map::new();
        while let Some(line) = self.peek(indent).filter(|line| line.indent == indent && !line.text.starts_with("- ")) {
            let (name, rest) = key(line.text).unwrap_or_else(|| panic!("line {}: no key", self.at + 1));
            self.at += 1;
            let value = match rest.chars().next() {
                None => self.nested(indent),
                Some('|' | '>') => self.text(indent, rest),
                Some(_) => scalar(rest),
            };
            assert!(members.insert(name.clone(), value).is_none(), "{name} stands twice before line {}", self.at + 1);
        }
        Value::Object(members)
    }

    /// What stands below a key: deeper, or a list at the key's own indent.
    fn nested(&mut self, indent: usize) -> Value {
        match self.peek(indent) {
            Some(line) if line.indent > indent => self.block(indent + 1),
            Some(line) if line.text.starts_with("- ") => self.list(indent),
            _ => Value::Null,
        }
    }

    /// A literal or folded text. Folding is left out: nothing here depends on line ends in descriptions.
    fn text(&mut self, indent: usize, mark: &str) -> Value {
        assert!(mark.len() <= 3 && !mark.contains(' '), "the mark {mark}");
        let mut text = Vec::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.text.is_empty() || line.indent > indent) {
            text.push(line.text);
            self.at += 1;
        }
        Value::String(text.join("\n").trim_end().to_owned())
    }
}

/// Key and rest of `key: rest` or `key:`.
fn key(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let (name, rest) = match quote {
        Some(quote) => {
            let (name, rest) = text[1..].split_once(quote)?;
            (name, rest.strip_prefix(':')?)
        }
        None => match text.split_once(": ") {
            Some((name, rest)) => (name, rest),
            None => (text.strip_suffix(':')?, ""),
        },
    };
    Some((name.to_owned(), rest.trim()))
}

fn scalar(text: &str) -> Value {
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "{}" => return Value::Object(Map::new()),
        "[]" => return Value::Array(Vec::new()),
        _ => {}
    }
    if let Some(inner) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Value::String(inner.replace("''", "'"));
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        assert!(!inner.contains(['\\', '"']), "an escape in {text}");
        return Value::String(inner.to_owned());
    }
    assert!(!text.starts_with(['&', '*', '!', '{', '[', '@', '`', '%']), "{text} is not read here");
    text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from)
}

#[test]
fn what_openapi_files_hold_is_read() {
    let text = "\
openapi: 3.0.1
info:
  description: |-
    Two lines:

      - not a list
  version: \"1.0.0\"
paths:
  /v1/messages/{id}:
    get:
      responses:
        \"200\":
          content: {}
      security:
        - oauth2:
            - admin
      parameters:
        - name: id
          required: true
          schema: {}
      summary: >-
        Folded
        text
enum:
- 'Posti: ''unresolved'''
- \"NO\"
- NO
- -1
";
    let expected = serde_json::json!({
        "openapi": "3.0.1",
        "info": {"description": "Two lines:\n\n- not a list", "version": "1.0.0"},
        "paths": {"/v1/messages/{id}": {"get": {
            "responses": {"200": {"content": {}}},
            "security": [{"oauth2": ["admin"]}],
            "parameters": [{"name": "id", "required": true, "schema": {}}],
            "summary": "Folded\ntext",
        }}},
        "enum": ["Posti: 'unresolved'", "NO", "NO", -1],
    });
    assert_eq!(read(text), expected);
}
