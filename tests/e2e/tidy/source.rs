//! A Rust file as three texts: its code, its string literals, its comments.
//!
//! Knows as much of Rust's lexical grammar as is needed to tell the three apart, and no syntax.

/// A Rust file taken apart. All three texts have as many lines as the file.
pub(super) struct Source {
    /// The code: string literals are `""`, comments are gone, and so are the modules under `#[cfg(test)]`.
    pub(super) code: String,
    /// What stands in string literals outside test modules.
    pub(super) strings: String,
    /// The code with test modules.
    pub(super) everything: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Text,
    Comment,
}

impl Source {
    pub(super) fn read(text: &str) -> Self {
        let kinds = kinds(text);
        let only = |wanted: Kind| -> String {
            kinds
                .iter()
                .filter(|(kind, character)| *kind == wanted || *character == '\n')
                .map(|(_, character)| *character)
                .collect()
        };
        let everything = only(Kind::Code);
        let tests = test_lines(&everything);
        let without_tests = |text: &str| -> String {
            let kept = text.lines().enumerate().map(|(number, line)| if tests.contains(&number) { "" } else { line });
            kept.collect::<Vec<_>>().join("\n")
        };
        Self { code: without_tests(&everything), strings: without_tests(&only(Kind::Text)), everything }
    }
}

/// Each character with what it belongs to. Quotes count as code.
fn kinds(text: &str) -> Vec<(Kind, char)> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::with_capacity(chars.len());
    let mut at = 0;
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    while at < chars.len() {
        let end = if starts(at, "//") {
            (at..chars.len()).find(|n| chars[*n] == '\n').unwrap_or(chars.len())
        } else if starts(at, "/*") {
            block_comment_end(&chars, at)
        } else {
            at
        };
        if end > at {
            out.extend(chars[at..end].iter().map(|c| (Kind::Comment, *c)));
            at = end;
            continue;
        }
        let word_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        if !word_before && (chars[at] == 'r' || starts(at, "br")) {
            let quote = at + if chars[at] == 'b' { 2 } else { 1 };
            let hashes = chars[quote..].iter().take_while(|c| **c == '#').count();
            if chars.get(quote + hashes) == Some(&'"') {
                let closing: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                let from = quote + hashes + 1;
                let to = (from..chars.len()).find(|n| starts(*n, &closing)).unwrap_or(chars.len());
                out.extend([(Kind::Code, '"')]);
                out.extend(chars[from..to].iter().map(|c| (Kind::Text, *c)));
                out.extend([(Kind::Code, '"')]);
                at = to + closing.len();
                continue;
            }
        }
        match chars[at] {
            '"' => {
                let mut to = at + 1;
                while to < chars.len() && chars[to] != '"' {
                    to += if chars[to] == '\\' { 2 } else { 1 };
                }
                out.push((Kind::Code, '"'));
                out.extend(chars[(at + 1).min(chars.len())..to.min(chars.len())].iter().map(|c| (Kind::Text, *c)));
                out.push((Kind::Code, '"'));
                at = to + 1;
            }
            // A character, not a lifetime: 'x' or '\…'.
            '\'' if chars.get(at + 1) == Some(&'\\') => {
                let to = (at + 3..chars.len()).find(|n| chars[*n] == '\'').unwrap_or(chars.len());
                out.extend([(Kind::Code, '\''), (Kind::Code, '\'')]);
                at = to + 1;
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => {
                out.extend([(Kind::Code, '\''), (Kind::Code, '\'')]);
                at += 3;
            }
            other => {
                out.push((Kind::Code, other));
                at += 1;
            }
        }
    }
    out
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

/// The lines of inline modules, functions and imports under `#[cfg(test)]`.
fn test_lines(code: &str) -> Vec<usize> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if !lines[at].trim().starts_with("#[cfg(test)]") {
            at += 1;
            continue;
        }
        let mut depth = 0_i32;
        loop {
            let line = lines.get(at).copied().unwrap_or("");
            found.push(at);
            at += 1;
            for character in line.chars() {
                depth += match character {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
            }
            let ended = depth == 0 && (line.contains('}') || line.trim_end().ends_with(';'));
            if ended || at >= lines.len() {
                break;
            }
        }
    }
    found
}

#[test]
fn code_text_and_comments_are_told_apart() {
    let file = "let a = \"SELECT \\\" 1\"; // SELECT 2\nlet b = r#\"x \"y\" z\"#; /* a /* b */ c */ let c = '\"';\n\
                fn f<'a>(x: &'a str) {}\n#[cfg(test)]\nmod tests {\n    fn g() { let _ = \"DELETE\"; }\n}\nfn h() {}\n";
    let source = Source::read(file);
    assert_eq!(source.code.lines().next(), Some("let a = \"\"; "));
    assert_eq!(source.code.lines().nth(1), Some("let b = \"\";  let c = '';"));
    assert!(source.code.contains("fn f<'a>") && source.code.contains("fn h()") && !source.code.contains("fn g"));
    assert!(source.everything.contains("fn g"));
    assert!(source.strings.contains("SELECT \\\" 1") && source.strings.contains("x \"y\" z"));
    assert!(!source.strings.contains("SELECT 2") && !source.strings.contains("DELETE"));
}
