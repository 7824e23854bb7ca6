//! Attachments: names that may be shown, and types that the content bears out (viestit.md §1.5).

use std::fmt;

use bytes::Bytes;
use unicode_normalization::UnicodeNormalization as _;

use super::PersonId;
use crate::model::Finding;
use crate::model::digested::Digested;

/// The largest upload, multipart boundaries and headers included.
pub const MAX_UPLOAD_BYTES: usize = 10_485_760;
/// What boundaries and part headers take at most beside the file's name.
const MULTIPART_OVERHEAD: usize = 512;
/// Characters.
const MAX_NAME: usize = 200;

/// A file of a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: FileName,
    pub media_type: MediaType,
    pub content: Digested,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("media_type", &self.media_type)
            .field("size", &self.content.len())
            .finish_non_exhaustive()
    }
}

impl Attachment {
    /// Everything that is wrong with the file; fields are `name`, `mediaType` and `content`.
    pub(super) fn parse(name: &str, media_type: &str, content: Bytes) -> Result<Attachment, Vec<Finding>> {
        let mut findings = Vec::new();
        let name = FileName::parse(name).map_err(|finding| findings.push(finding)).ok();
        let media_type = MediaType::from_declared(media_type).ok_or_else(unknown_type);
        let media_type = media_type.map_err(|finding| findings.push(finding)).ok();
        if let Some(name) = &name
            && content.len() + name.as_str().len() + MULTIPART_OVERHEAD > MAX_UPLOAD_BYTES
        {
            findings.push(too_large());
        }
        if content.is_empty() || media_type.is_some_and(|media_type| !media_type.fits(&content)) {
            findings.push(other_content());
        }
        if let (Some(name), Some(media_type)) = (&name, media_type)
            && name.media_type().is_some_and(|of_name| of_name != media_type)
        {
            findings.push(other_extension());
        }
        match (name, media_type) {
            (Some(name), Some(media_type)) if findings.is_empty() => {
                Ok(Attachment { name, media_type, content: Digested::of(content) })
            }
            _ => Err(findings),
        }
    }
}

/// A name that the recipient sees: NFC, 1–200 characters, no path, no control character, no identity code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileName(…)")
    }
}

impl FileName {
    fn parse(name: &str) -> Result<FileName, Finding> {
        let name: String = name.trim().nfc().collect();
        // Path separators, and what would end or escape a quoted header value.
        let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | '"' | ':' | '*' | '?' | '<' | '>' | '|');
        let length = name.chars().count();
        if length == 0 || length > MAX_NAME || name.chars().any(forbidden) || name.starts_with('.') {
            return Err(problem(
                "name",
                [
                    "Nimessä on 1–200 merkkiä, ei polkua, ohjausmerkkejä eikä merkkejä \" : * ? < > |.",
                    "Namnet har 1–200 tecken, ingen sökväg, inga styrtecken och inte tecknen \" : * ? < > |.",
                    "A name has 1 to 200 characters, no path, no control character and none of \" : * ? < > |.",
                ],
            ));
        }
        if PersonId::is_in(&name) {
            return Err(problem(
                "name",
                [
                    "Nimessä ei saa olla henkilötunnusta.",
                    "Namnet får inte innehålla en personbeteckning.",
                    "A name must not contain a personal identity code.",
                ],
            ));
        }
        Ok(FileName(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type that the extension promises, when it is one that we know.
    fn media_type(&self) -> Option<MediaType> {
        MediaType::of_name(&self.0)
    }
}

/// The twelve types that Viestit takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    Pdf,
    Png,
    Jpeg,
    PlainText,
    Doc,
    Xls,
    Ppt,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
}

impl MediaType {
    const ALL: [(MediaType, &'static str, &'static [&'static str]); 12] = [
        (MediaType::Pdf, "application/pdf", &["pdf"]),
        (MediaType::Png, "image/png", &["png"]),
        (MediaType::Jpeg, "image/jpeg", &["jpg", "jpeg"]),
        (MediaType::PlainText, "text/plain", &["txt"]),
        (MediaType::Doc, "application/msword", &["doc"]),
        (MediaType::Xls, "application/vnd.ms-excel", &["xls"]),
        (MediaType::Ppt, "application/vnd.ms-powerpoint", &["ppt"]),
        (MediaType::Docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
        (MediaType::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
        (MediaType::Pptx, "application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
        (MediaType::Odt, "application/vnd.oasis.opendocument.text", &["odt"]),
        (MediaType::Ods, "application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    ];

    /// The type that a file's extension promises, when it is one that we know.
    pub fn of_name(name: &str) -> Option<MediaType> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        MediaType::ALL.iter().find(|(.., extensions)| extensions.contains(&extension.as_str())).map(|(it, ..)| *it)
    }

    /// Reads a declared media type; parameters and case do not matter.
    pub fn from_declared(text: &str) -> Option<MediaType> {
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        MediaType::ALL.iter().find(|(_, name, _)| *name == essence).map(|(it, ..)| *it)
    }

    pub fn name(self) -> &'static str {
        MediaType::ALL.iter().find(|(it, ..)| *it == self).map_or("", |(_, name, _)| name)
    }

    /// Whether the content is of this type, by the marks that its format prescribes.
    pub fn fits(self, content: &[u8]) -> bool {
        let ole = |stream: &str| {
            let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
            content.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") && holds(content, &name)
        };
        let zip = |folder: &[u8]| {
            content.starts_with(b"PK\x03\x04") && holds(content, b"[Content_Types].xml") && holds(content, folder)
        };
        // An OpenDocument file begins with an uncompressed entry `mimetype`.
        let open = || {
            let entry = [b"mimetype", self.name().as_bytes()].concat();
            content.starts_with(b"PK\x03\x04") && content.get(30..).is_some_and(|rest| rest.starts_with(&entry))
        };
        match self {
            MediaType::Pdf => content.starts_with(b"%PDF-"),
            MediaType::Png => content.starts_with(b"\x89PNG\r\n\x1a\n"),
            MediaType::Jpeg => content.starts_with(b"\xff\xd8\xff"),
            MediaType::PlainText => {
                let text = |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
                let another = MediaType::Pdf.fits(content) || MediaType::Jpeg.fits(content);
                !another && content.iter().all(text)
            }
            MediaType::Doc => ole("WordDocument"),
            MediaType::Xls => ole("Workbook") || ole("Book"),
            MediaType::Ppt => ole("PowerPoint Document"),
            MediaType::Docx => zip(b"word/"),
            MediaType::Xlsx => zip(b"xl/"),
            MediaType::Pptx => zip(b"ppt/"),
            MediaType::Odt | MediaType::Ods => open(),
        }
    }
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

fn unknown_type() -> Finding {
    problem(
        "mediaType",
        [
            "Tyyppi ei ole sallittu. Lähetä PDF, PNG, JPEG, teksti tai toimisto-ohjelman tiedosto.",
            "Typen är inte tillåten. Skicka PDF, PNG, JPEG, text eller en fil från ett kontorsprogram.",
            "The type is not allowed. Send PDF, PNG, JPEG, plain text or an office document.",
        ],
    )
}

fn other_content() -> Finding {
    problem(
        "content",
        [
            "Sisältö puuttuu tai ei vastaa ilmoitettua tyyppiä.",
            "Innehållet saknas eller motsvarar inte den uppgivna typen.",
            "The content is missing or not of the declared type.",
        ],
    )
}

fn other_extension() -> Finding {
    problem(
        "name",
        [
            "Tiedostopääte ei vastaa tyyppiä.",
            "Filändelsen motsvarar inte typen.",
            "The file name's extension does not fit the type.",
        ],
    )
}

fn too_large() -> Finding {
    problem(
        "content",
        [
            "Liite on liian suuri: enintään noin 10 Mt.",
            "Bilagan är för stor: högst cirka 10 MB.",
            "The attachment is too large: at most about 10 MB (10,485,760 bytes as uploaded).",
        ],
    )
}

fn problem(field: &str, texts: [&str; 3]) -> Finding {
    Finding::error(field, "invalid-field", texts.map(str::to_owned))
}
