//! The first-stage compiler: a `rook` without a library, which compiles the library.

use std::path::Path;
use std::process::ExitCode;

use rook_compiler::bootstrap::{bootstrap, evaluate_text};
use rook_compiler::link::prelink;
use rook_runtime::abi::thread_context::ThreadContext;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = rook_runtime::embed::run(|ctx| {
        match args[..] {
            ["bootstrap", root, image, object] => build_library(ctx, root, image, object),
            ["eval", file] => std::fs::read_to_string(file)
                .map_err(|e| format!("cannot read {file}: {e}"))
                .and_then(|text| evaluate_text(ctx, file, &text)),
            ["load", root, file] => bootstrap(ctx, Path::new(root), true).and_then(|_| {
                let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read {file}: {e}"))?;
                evaluate_text(ctx, file, &text)
            }),
            _ => Err("usage: rook-stage1 bootstrap LIBRARY-FOLDER IMAGE-OUT OBJECT-OUT".to_string()),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn build_library(ctx: &mut ThreadContext, root: &str, image_out: &str, object_out: &str) -> Result<(), String> {
    let image = bootstrap(ctx, Path::new(root), true)?;
    let write = |path: &str, bytes: &[u8]| std::fs::write(path, bytes).map_err(|e| format!("cannot write {path}: {e}"));
    write(image_out, &image.to_bytes())?;
    write(object_out, &prelink::emit(&image, &prelink::Options { main: Some("rook_compiler_main"), ..Default::default() })?)
}
