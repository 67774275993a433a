//! Which format a file is in.

/// The formats that histories come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Operations as EDN maps: Jepsen's `history.edn`, Knossos' and Porcupine's data.
    Edn,
    /// Operations as JSON objects, in an array or one after the other, as elle-cli reads them.
    Json,
    /// Our own: a JSON object a line, with a header before them.
    Own,
    /// Jepsen's log.
    Log,
    /// Jepsen's `history.txt`.
    Text,
}

impl Format {
    /// Tells the format by the first bytes of a file.
    pub fn of(head: &[u8]) -> Self {
        let head = without_comments(head);
        let Some(first) = head.first() else {
            return Self::Edn;
        };
        let after = |from: usize| {
            head.iter()
                .skip(from)
                .copied()
                .find(|byte| !byte.is_ascii_whitespace() && *byte != b',')
        };
        match first {
            b'{' if after(1) == Some(b'"') => json_or_own(head),
            b'[' => {
                let inner = head
                    .iter()
                    .skip(1)
                    .position(|byte| !byte.is_ascii_whitespace() && *byte != b',');
                let inner = inner.map_or(head.len(), |place| place + 1);
                match (head.get(inner), after(inner + 1)) {
                    (Some(b'{'), Some(b'"')) | (Some(b']'), _) => Self::Json,
                    _ => Self::Edn,
                }
            }
            b'{' | b'(' | b'#' | b';' => Self::Edn,
            _ => {
                let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
                match is_text(line) {
                    true => Self::Text,
                    false => Self::Log,
                }
            }
        }
    }
}

/// What follows white space and the comments of EDN. All of it, if that is not seen to end.
fn without_comments(head: &[u8]) -> &[u8] {
    let mut rest = head;
    loop {
        rest = rest.trim_ascii_start();
        rest = match rest.first() {
            Some(b',') => rest.get(1..).unwrap_or_default(),
            Some(b';') => match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => rest.get(end..).unwrap_or_default(),
                None => return rest,
            },
            _ => return rest,
        };
    }
}

/// Ours say in the first line that they have a header.
fn json_or_own(head: &[u8]) -> Format {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let has = |text: &[u8]| line.windows(text.len()).any(|window| window == text);
    match has(br#""type":"header""#) || has(br#""type": "header""#) {
        true => Format::Own,
        false => Format::Json,
    }
}

/// Whether a process stands before the first tab, and a type behind it.
fn is_text(line: &[u8]) -> bool {
    let mut fields = line.split(|byte| *byte == b'\t');
    let process = fields.next().unwrap_or_default().trim_ascii();
    let kind = fields.next().unwrap_or_default().trim_ascii();
    !process.contains(&b' ') && kind.starts_with(b":")
}
