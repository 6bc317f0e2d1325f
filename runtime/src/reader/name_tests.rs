//! Names and numbers at the edges: what needs escapes, where integers end, texts of any characters.

use super::*;
use crate::io::text_stream;
use crate::object::testing::with_context;
use crate::object::text::code_points;

#[test]
fn names_that_need_escapes() {
    with_context(|ctx| {
        for name in ["", ".", "..", "foo", "A B", "A:B", "1", "1E5", "-1", "1/2", "+.5", "(", "#A", "A|", "1+2", "^1"] {
            assert!(name_needs_escape(ctx, &code_points(name)).unwrap(), "{name}");
        }
        for name in ["FOO", "A#", "1+", "+", "-", "1E", "ABC1", "*X*", "Λ", "+E", "1ABC", "...A"] {
            let needed = name_needs_escape(ctx, &code_points(name)).unwrap();
            assert_eq!(needed, matches!(name, "1E"), "{name}");
        }
    });
}

#[test]
fn integers_at_the_start_of_a_text() {
    with_context(|ctx| {
        for (text, radix, value, stop) in
            [(" -12x", 10, Some(-12), 4), ("+ff", 16, Some(255), 3), ("", 10, None, 0), ("-", 10, None, 1), ("z", 36, Some(35), 1)]
        {
            let found = parse_integer_prefix(ctx, &code_points(text), radix);
            assert_eq!(found, (value.map(Value::fixnum), stop), "{text}");
        }
    });
}

/// Texts made of the characters that mean something: each is read or refused, none hangs or panics.
#[test]
fn no_text_confuses_the_reader() {
    const PIECES: &str = "(((())))''`,,@..###||\\\\\"\";::+-/012359abexsprcoXA=*<> \n\tλ";
    let pieces: Vec<char> = PIECES.chars().collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    with_context(|ctx| {
        let (mut good, mut bad) = (0, 0);
        for _ in 0..30_000 {
            let text: String = (0..next(24) + 1).map(|_| pieces[next(pieces.len())]).collect();
            let stream = text_stream::make_input(ctx, &code_points(&text));
            loop {
                match read(ctx, stream, Options::default()) {
                    Ok(Some(_)) => good += 1,
                    Ok(None) => break,
                    Err(_) => {
                        bad += 1;
                        break;
                    }
                }
            }
        }
        assert!(good > 10_000 && bad > 10_000, "both must be met: {good} {bad}");
    });
}
