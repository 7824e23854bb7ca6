//! `--body key=value …` and `--file` to a request: an XML wrapper, a JSON object, or a multipart form. The same fields
//! serve both protocols, because the XML and the JSON of our contracts have the same names and nesting.

use std::path::PathBuf;
use std::str::FromStr;

use serde_json::Value;
use xroad::mime::Writer;
use xroad::xml::Element;

use super::Failure;

/// One `--body` argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// Names, each with its place in a list when it has one.
    path: Vec<(String, Option<usize>)>,
    value: Given,
}

#[derive(Clone, Debug, PartialEq)]
enum Given {
    Text(String),
    Json(Value),
    /// The name of a `--file`.
    File(String),
}

impl FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
        let (key, value) = match (key.strip_suffix(':'), value.strip_prefix('@')) {
            (Some(key), _) => {
                let value = serde_json::from_str(value).map_err(|error| format!("behind := {error}"))?;
                (key, Given::Json(value))
            }
            (None, Some(file)) => (key, Given::File(file.to_owned())),
            (None, None) => (key, Given::Text(value.to_owned())),
        };
        let path = key.split('.').map(segment).collect::<Option<Vec<_>>>();
        Ok(Field { path: path.ok_or("expected a name such as code or recipients[0].id before =")?, value })
    }
}

fn segment(text: &str) -> Option<(String, Option<usize>)> {
    let (name, index) = if let Some((name, rest)) = text.split_once('[') {
        (name, Some(rest.strip_suffix(']')?.parse().ok().filter(|index| *index < 1000)?))
    } else {
        (text, None)
    };
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (starts && name.chars().all(sound)).then(|| (name.to_owned(), index))
}

/// One `--file` argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The Content-ID (SOAP) or the name of the form part (REST).
    pub(super) name: String,
    pub(super) path: PathBuf,
}

impl FromStr for File {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = if let Some((name, path)) = text.split_once('=') {
            (name.to_owned(), PathBuf::from(path))
        } else {
            let path = PathBuf::from(text);
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            (name, path)
        };
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty() || !name.chars().all(sound) {
            return Err("the name of a file has letters, digits, dot, underscore and hyphen: give NAME=PATH".into());
        }
        Ok(File { name, path })
    }
}

impl File {
    /// By the file's ending; what is not known is sent as bytes.
    pub(super) fn media_type(&self) -> &'static str {
        let ending = self.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "pdf" => "application/pdf",
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            "txt" => "text/plain",
            "json" => "application/json",
            "xml" => "application/xml",
            _ => "application/octet-stream",
        }
    }
}

/// The fields as a JSON object. Lists are numbered without gaps.
pub(super) fn json(fields: &[Field]) -> Result<Value, Failure> {
    Ok(value_of(&tree(fields)?))
}

/// The wrapper element `name` with the fields in the order of the arguments, which must be that of the schema.
pub(super) fn xml(namespace: &str, name: &str, fields: &[Field]) -> Result<String, Failure> {
    let mut root = Element::new(namespace, name);
    append(&mut root, &tree(fields)?);
    Ok(root.to_xml())
}

/// A request in the order in which it was given, which a schema's sequence needs and a JSON object does not keep.
enum Node<'a> {
    Empty,
    Object(Vec<(&'a str, Node<'a>)>),
    List(Vec<Node<'a>>),
    Leaf(&'a Given),
}

fn tree(fields: &[Field]) -> Result<Node<'_>, Failure> {
    let mut root = Node::Object(Vec::new());
    for field in fields {
        let mut place = &mut root;
        for (name, index) in &field.path {
            let twice = || Failure::usage(format!("--body: {name} is given twice or in two forms"));
            place = member(place, name).ok_or_else(twice)?;
            if let Some(index) = index {
                if matches!(place, Node::Empty) {
                    *place = Node::List(Vec::new());
                }
                let Node::List(items) = place else { return Err(twice()) };
                if items.len() == *index {
                    items.push(Node::Empty);
                }
                let gap = || Failure::usage(format!("--body: {name} must be numbered from 0 without gaps"));
                place = items.get_mut(*index).ok_or_else(gap)?;
            }
        }
        if !matches!(place, Node::Empty) {
            return Err(Failure::usage("--body: a member is given twice"));
        }
        *place = Node::Leaf(&field.value);
    }
    Ok(root)
}

/// The member of an object, new or not; `None` when the place is no object.
fn member<'t, 'a>(place: &'t mut Node<'a>, name: &'a str) -> Option<&'t mut Node<'a>> {
    if matches!(place, Node::Empty) {
        *place = Node::Object(Vec::new());
    }
    let Node::Object(members) = place else { return None };
    let known = members.iter().position(|(known, _)| *known == name);
    let index = known.unwrap_or_else(|| {
        members.push((name, Node::Empty));
        members.len() - 1
    });
    members.get_mut(index).map(|(_, node)| node)
}

fn value_of(node: &Node<'_>) -> Value {
    match node {
        Node::Empty => Value::Null,
        Node::Object(members) => {
            Value::Object(members.iter().map(|(name, node)| ((*name).to_owned(), value_of(node))).collect())
        }
        Node::List(items) => Value::Array(items.iter().map(value_of).collect()),
        Node::Leaf(Given::Json(value)) => value.clone(),
        Node::Leaf(Given::Text(text) | Given::File(text)) => Value::String(text.clone()),
    }
}

/// Objects nest, lists repeat their element.
fn append(parent: &mut Element, node: &Node<'_>) {
    match node {
        Node::Empty | Node::List(_) => {}
        Node::Object(members) => {
            for (name, node) in members {
                let items = match node {
                    Node::List(items) => items.as_slice(),
                    other => std::slice::from_ref(other),
                };
                for item in items {
                    let mut child = Element::new(parent.namespace.clone(), *name);
                    append(&mut child, item);
                    parent.children.push(child);
                }
            }
        }
        Node::Leaf(Given::Text(text)) => parent.text.clone_from(text),
        Node::Leaf(Given::File(name)) => parent.text = Writer::cid(name),
        Node::Leaf(Given::Json(value)) => {
            parent.text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        }
    }
}

/// `multipart/form-data` (RFC 7578): the JSON in the part `message`, each file in a part of its own name.
pub(super) fn multipart(boundary: &str, json: Option<&[u8]>, files: &[(&File, Vec<u8>)]) -> (String, Vec<u8>) {
    let mut content = Vec::new();
    let mut part = |disposition: &str, media_type: &str, bytes: &[u8]| {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {media_type}\r\n\r\n"
        );
        content.extend_from_slice(head.as_bytes());
        content.extend_from_slice(bytes);
        content.extend_from_slice(b"\r\n");
    };
    if let Some(json) = json {
        part("name=\"message\"", "application/json", json);
    }
    for (file, bytes) in files {
        let name = &file.name;
        part(&format!("name=\"{name}\"; filename=\"{name}\""), file.media_type(), bytes);
    }
    content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), content)
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;

    use super::*;

    fn fields(texts: &[&str]) -> Vec<Field> {
        texts.iter().map(|text| text.parse().expect(text)).collect()
    }

    #[test]
    fn the_same_fields_make_json_and_xml() {
        let fields =
            fields(&["orderId=1", "recipients[0].id=a", "recipients[1].id=b", "reply:=true", "part=@letter.pdf"]);
        assert_eq!(
            json(&fields).expect("sound"),
            value!({"orderId": "1", "recipients": [{"id": "a"}, {"id": "b"}], "reply": true, "part": "letter.pdf"})
        );
        let xml = xml("urn:x", "send", &fields).expect("sound");
        let read = xroad::xml::parse(xml.as_bytes(), None, &xroad::xml::Limits::default()).expect("sound");
        let names: Vec<&str> = read.children.iter().map(|child| &*child.name).collect();
        assert_eq!(names, ["orderId", "recipients", "recipients", "reply", "part"]);
        assert!(read.children.iter().all(|child| &*child.namespace == "urn:x"));
        assert_eq!(read.children[2].children[0].text, "b");
        assert_eq!(read.children[4].text, "cid:letter.pdf");
    }

    #[test]
    fn refuses_what_is_no_field() {
        for text in ["code", "=1", "a..b=1", "a[x]=1", "a[1000]=1", "1a=1", "n:=x"] {
            assert!(text.parse::<Field>().is_err(), "{text}");
        }
        for texts in [&["a=1", "a=2"][..], &["a=1", "a.b=2"], &["a[1]=1"], &["a[0]=1", "a.b=1"]] {
            assert!(json(&fields(texts)).is_err(), "{texts:?}");
        }
    }

    #[test]
    fn a_file_has_a_name() {
        let file: File = "letter=/tmp/Päätös 1.pdf".parse().expect("sound");
        assert_eq!((file.name.as_str(), file.media_type()), ("letter", "application/pdf"));
        assert!("/tmp/Päätös 1.pdf".parse::<File>().is_err());
        let (media_type, content) = multipart("b1", Some(b"{}"), &[(&file, b"x".to_vec())]);
        assert_eq!(media_type, "multipart/form-data; boundary=b1");
        let boundary = "b1";
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"message\"\r\nContent-Type: application/json\r\n\r\n{{}}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"letter\"; filename=\"letter\"\r\n\
             Content-Type: application/pdf\r\n\r\nx\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(content).expect("text"), expected);
    }
}
