//! The section `.rook.unit`: what the prelink step and the loader must know of a unit besides its ELF
//! symbols. Little-endian words; texts are a length and UTF-8.

/// Contents of the section.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnitInfo {
    /// ELF symbols of the top-level functions' objects (their bases), in order of execution.
    pub top_level: Vec<String>,
    /// ELF symbols of Lisp symbols that code calls: each needs a function object in its function slot.
    pub called: Vec<String>,
    /// What the driver wants to keep with the unit; not interpreted here.
    pub extra: Vec<u8>,
}

const VERSION: u32 = 1;

impl UnitInfo {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = VERSION.to_le_bytes().to_vec();
        for list in [&self.top_level, &self.called] {
            out.extend((list.len() as u32).to_le_bytes());
            for text in list {
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.as_bytes());
            }
        }
        out.extend((self.extra.len() as u32).to_le_bytes());
        out.extend(&self.extra);
        out
    }

    /// `None` when the bytes are damaged or of another version.
    pub fn decode(bytes: &[u8]) -> Option<UnitInfo> {
        let mut reader = Reader { rest: bytes };
        if reader.word()? != VERSION {
            return None;
        }
        let top_level = reader.texts()?;
        let called = reader.texts()?;
        let length = reader.word()?;
        let extra = reader.bytes(length as usize)?.to_vec();
        Some(UnitInfo { top_level, called, extra })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(bytes)
    }
    fn word(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }
    fn texts(&mut self) -> Option<Vec<String>> {
        let count = self.word()?;
        (0..count)
            .map(|_| {
                let length = self.word()?;
                String::from_utf8(self.bytes(length as usize)?.to_vec()).ok()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_survives_encoding() {
        let info = UnitInfo { top_level: vec!["a".into(), "".into()], called: vec!["λ".into()], extra: vec![1, 2] };
        let bytes = info.encode();
        assert_eq!(UnitInfo::decode(&bytes), Some(info));
        for cut in 0..bytes.len() {
            assert_eq!(UnitInfo::decode(&bytes[..cut]), None, "cut at {cut}");
        }
    }
}
