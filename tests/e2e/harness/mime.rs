//! Multipart messages, written as hostile or as tidy as a case wants them.

/// A multipart message being written. The default is what a security server writes.
pub(crate) struct Multipart {
    pub(crate) boundary: String,
    /// Behind `multipart/related; boundary="…"`.
    pub(crate) parameters: String,
    /// Line end in headers and around them.
    pub(crate) line_end: &'static str,
    /// Behind a delimiter, before its line end.
    pub(crate) padding: &'static str,
    pub(crate) preamble: Vec<u8>,
    pub(crate) epilogue: Vec<u8>,
    pub(crate) closed: bool,
    parts: Vec<(String, Vec<u8>)>,
}

impl Multipart {
    /// SwA: the SOAP part as `text/xml`.
    pub(crate) fn swa(soap: impl Into<Vec<u8>>) -> Self {
        Self::new("; type=\"text/xml\"", "content-type:text/xml; charset=UTF-8", soap)
    }

    /// MTOM: the SOAP part as `application/xop+xml`.
    pub(crate) fn mtom(soap: impl Into<Vec<u8>>) -> Self {
        Self::new(
            "; type=\"application/xop+xml\"; start=\"<root@example.fi>\"; start-info=\"text/xml\"",
            "content-type:application/xop+xml; charset=UTF-8; type=\"text/xml\"\nContent-ID: <root@example.fi>\n\
             Content-Transfer-Encoding: 8bit",
            soap,
        )
    }

    /// The first part with these header lines.
    pub(crate) fn new(parameters: &str, headers: &str, soap: impl Into<Vec<u8>>) -> Self {
        Self {
            boundary: "jjetymlxbkfp".to_owned(),
            parameters: parameters.to_owned(),
            line_end: "\r\n",
            padding: "",
            preamble: Vec::new(),
            epilogue: Vec::new(),
            closed: true,
            parts: Vec::new(),
        }
        .part(headers, soap)
    }

    /// A part with header lines, separated by `\n` here.
    #[must_use]
    pub(crate) fn part(mut self, headers: &str, content: impl Into<Vec<u8>>) -> Self {
        self.parts.push((headers.to_owned(), content.into()));
        self
    }

    /// A binary part with a Content-ID.
    #[must_use]
    pub(crate) fn file(self, content_id: &str, content: impl Into<Vec<u8>>) -> Self {
        let headers =
            format!("content-type:application/pdf\nContent-Transfer-Encoding: binary\nContent-ID: <{content_id}>");
        self.part(&headers, content)
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/related; boundary=\"{}\"{}", self.boundary, self.parameters)
    }

    /// The first part's content.
    pub(crate) fn first(&self) -> &[u8] {
        self.parts.first().map_or(&[], |(_, content)| content)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (end, padding) = (self.line_end, self.padding);
        let mut out = self.preamble.clone();
        if !out.is_empty() {
            out.extend_from_slice(end.as_bytes());
        }
        for (number, (headers, content)) in self.parts.iter().enumerate() {
            if number > 0 {
                out.extend_from_slice(end.as_bytes());
            }
            out.extend_from_slice(format!("--{}{padding}{end}", self.boundary).as_bytes());
            for line in headers.lines() {
                out.extend_from_slice(format!("{line}{end}").as_bytes());
            }
            out.extend_from_slice(end.as_bytes());
            out.extend_from_slice(content);
        }
        if self.closed {
            out.extend_from_slice(format!("{end}--{}--{padding}{end}", self.boundary).as_bytes());
        }
        out.extend_from_slice(&self.epilogue);
        out
    }
}
