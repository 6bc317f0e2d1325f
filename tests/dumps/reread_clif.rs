//! Reads the dump of CLIF that `rook build --emit=clif` prints from standard input with Cranelift's
//! reader, and fails unless what was read prints as the same text.
//!
//! Says how many functions it read, so that a dump of nothing is seen.

use std::process::ExitCode;

use cranelift_reader::{ParseOptions, parse_test};
use rook_compiler::codegen::dump::print_function;
use rook_compiler::dump::difference;

fn main() -> ExitCode {
    let problem = match std::io::read_to_string(std::io::stdin()) {
        Ok(text) => check(&text),
        Err(error) => Err(error.to_string()),
    };
    match problem {
        Ok(count) => {
            println!("{count}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("the dump of CLIF does not read back: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The number of functions.
fn check(text: &str) -> Result<usize, String> {
    let file = parse_test(text, ParseOptions::default()).map_err(|error| error.to_string())?;
    let mut again = String::new();
    for (function, details) in &file.functions {
        let head = details.comments.iter().filter(|comment| comment.entity.to_string() == "function");
        let head: Vec<String> = head.map(|comment| comment.text.to_string()).collect();
        again += &print_function(function, &head);
        again.push('\n');
    }
    difference(text, &again).map_or(Ok(file.functions.len()), Err)
}
