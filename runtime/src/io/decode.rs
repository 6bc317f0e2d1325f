//! Character encodings of descriptor streams: UTF-8 and Latin-1.

/// How characters become bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    Utf8,
    Latin1,
}

/// What the bytes at the front of a buffer are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decoded {
    /// A character and its length in bytes.
    Character(u32, usize),
    /// This many bytes are no character; they read as U+FFFD.
    Invalid(usize),
    /// More bytes are needed.
    Incomplete,
}

pub const REPLACEMENT: u32 = 0xfffd;

/// Decodes one character. `bytes` may be empty (then it is incomplete).
pub fn decode(encoding: Encoding, bytes: &[u8]) -> Decoded {
    let Some(&first) = bytes.first() else { return Decoded::Incomplete };
    if first < 0x80 || encoding == Encoding::Latin1 {
        return Decoded::Character(first as u32, 1);
    }
    decode_utf8(first, bytes)
}

fn decode_utf8(first: u8, bytes: &[u8]) -> Decoded {
    let (len, second) = match first {
        0xc2..=0xdf => (2, 0x80..=0xbf),
        0xe0 => (3, 0xa0..=0xbf),
        0xed => (3, 0x80..=0x9f),
        0xe1..=0xef => (3, 0x80..=0xbf),
        0xf0 => (4, 0x90..=0xbf),
        0xf1..=0xf3 => (4, 0x80..=0xbf),
        0xf4 => (4, 0x80..=0x8f),
        _ => return Decoded::Invalid(1),
    };
    let mut c = first as u32 & (0x7f >> len);
    for i in 1..len {
        let Some(&byte) = bytes.get(i) else { return Decoded::Incomplete };
        let valid = if i == 1 { second.contains(&byte) } else { byte & 0xc0 == 0x80 };
        if !valid {
            return Decoded::Invalid(i);
        }
        c = c << 6 | (byte & 0x3f) as u32;
    }
    Decoded::Character(c, len)
}

/// Appends character `c`. What the encoding cannot express becomes a replacement.
#[inline]
pub fn encode(encoding: Encoding, c: u32, out: &mut Vec<u8>) {
    if c < 0x80 {
        out.push(c as u8);
    } else if encoding == Encoding::Latin1 {
        out.push(u8::try_from(c).unwrap_or(b'?'));
    } else {
        let c = char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_round_trips() {
        for c in ['a', '\u{7f}', '\u{80}', 'ß', '\u{7ff}', '\u{800}', '€', '\u{ffff}', '\u{10000}', '\u{10ffff}'] {
            let mut bytes = Vec::new();
            encode(Encoding::Utf8, c as u32, &mut bytes);
            assert_eq!(decode(Encoding::Utf8, &bytes), Decoded::Character(c as u32, c.len_utf8()));
            if bytes.len() > 1 {
                assert_eq!(decode(Encoding::Utf8, &bytes[..bytes.len() - 1]), Decoded::Incomplete);
            }
        }
    }

    #[test]
    fn ill_formed_bytes_are_counted_as_the_standard_recommends() {
        for (bytes, len) in [
            (&[0x80u8, 0x41][..], 1),
            (&[0xc0, 0xaf], 1),
            (&[0xe0, 0x80, 0x80], 1),
            (&[0xed, 0xa0, 0x80], 1),
            (&[0xe2, 0x82, 0x41], 2),
            (&[0xf0, 0x9f, 0x98, 0x41], 3),
            (&[0xf5, 0x80, 0x80, 0x80], 1),
        ] {
            assert_eq!(decode(Encoding::Utf8, bytes), Decoded::Invalid(len), "{bytes:x?}");
        }
    }

    #[test]
    fn latin1_is_byte_for_byte() {
        assert_eq!(decode(Encoding::Latin1, &[0xe9]), Decoded::Character(0xe9, 1));
        let mut bytes = Vec::new();
        encode(Encoding::Latin1, 0xe9, &mut bytes);
        encode(Encoding::Latin1, 0x20ac, &mut bytes);
        assert_eq!(bytes, [0xe9, b'?']);
    }
}
