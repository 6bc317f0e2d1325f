//! Files and directories by name. Names are strings; what they mean is the library's business.

use std::fs;
use std::io;
use std::time::UNIX_EPOCH;

use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::control::errors::expect_string;
use crate::object::{list, string};
use crate::primitives;
use crate::value::{LispResult, Raised, Value, nil, t};

fn file_error(ctx: &mut ThreadContext, name: Value, error: &io::Error) -> Raised {
    let text = error.to_string();
    // The number that the standard library appends says nothing to a user.
    let message = string(ctx, text.split(" (os error").next().unwrap_or(&text));
    ctx.raise(ErrorKind::File, &[name, message])
}

fn done(ctx: &mut ThreadContext, name: Value, result: io::Result<()>) -> LispResult {
    match result {
        Ok(()) => Ok(t()),
        Err(error) => Err(file_error(ctx, name, &error)),
    }
}

primitives! {
    /// The absolute name of an existing file without symbolic links, or NIL; a folder's ends in `/`.
    fn file_truename(ctx, name) {
        let text = expect_string(ctx, name)?;
        let Ok(path) = fs::canonicalize(&text) else { return Ok(nil()) };
        let mut full = path.to_string_lossy().into_owned();
        if path.is_dir() && !full.ends_with('/') {
            full.push('/');
        }
        Ok(string(ctx, &full))
    }
    /// Whether the name is that of a folder.
    fn folder_p(ctx, name) {
        let text = expect_string(ctx, name)?;
        Ok(Value::bool(fs::metadata(text).is_ok_and(|m| m.is_dir())))
    }
    /// Deletes a file, or an empty folder.
    fn remove_file(ctx, name) {
        let text = expect_string(ctx, name)?;
        let is_folder = fs::symlink_metadata(&text).is_ok_and(|m| m.is_dir());
        let result = if is_folder { fs::remove_dir(&text) } else { fs::remove_file(&text) };
        done(ctx, name, result)
    }
    fn move_file(ctx, from, to) {
        let (source, target) = (expect_string(ctx, from)?, expect_string(ctx, to)?);
        done(ctx, from, fs::rename(source, target))
    }
    /// Seconds since 1970 of the last change, or NIL when there is no such file.
    fn file_modification_time(ctx, name) {
        let text = expect_string(ctx, name)?;
        let changed = fs::metadata(text).and_then(|m| m.modified());
        Ok(match changed.map(|time| time.duration_since(UNIX_EPOCH)) {
            Ok(Ok(after)) => Value::fixnum(after.as_secs() as i64),
            _ => nil(),
        })
    }
    /// Makes one folder; T when it was made, NIL when it was there.
    fn make_folder(ctx, name) {
        let text = expect_string(ctx, name)?;
        match fs::create_dir(&text) {
            Ok(()) => Ok(t()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(nil()),
            Err(error) => Err(file_error(ctx, name, &error)),
        }
    }
    /// The names in a folder, sorted; those of folders end in `/`.
    fn folder_entries(ctx, name) {
        let text = expect_string(ctx, name)?;
        let entries = match fs::read_dir(&text) {
            Ok(entries) => entries,
            Err(error) => return Err(file_error(ctx, name, &error)),
        };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_dir() { name + "/" } else { name }
            })
            .collect();
        names.sort();
        let items: Vec<Value> = names.iter().map(|n| string(ctx, n)).collect();
        Ok(list(ctx, &items))
    }
    /// The current folder, ending in `/`.
    fn current_folder(ctx) {
        let mut text = std::env::current_dir().map_or_else(|_| String::from("/"), |p| p.to_string_lossy().into_owned());
        if !text.ends_with('/') {
            text.push('/');
        }
        Ok(string(ctx, &text))
    }
    fn set_current_folder(ctx, name) {
        let text = expect_string(ctx, name)?;
        done(ctx, name, std::env::set_current_dir(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;

    #[test]
    fn folders_are_made_listed_and_removed() {
        with_context(|ctx| {
            let path = std::env::temp_dir().join(format!("rook-files-{}", std::process::id()));
            let name = string(ctx, path.to_str().unwrap());
            assert_eq!(Value(make_folder(ctx, name)), t());
            assert_eq!(Value(make_folder(ctx, name)), nil());
            assert_eq!(Value(folder_p(ctx, name)), t());
            fs::write(path.join("b"), "x").unwrap();
            fs::create_dir(path.join("a")).unwrap();
            let entries: Vec<String> =
                Value(folder_entries(ctx, name)).list_iter().map(crate::object::string_to_rust).collect();
            assert_eq!(entries, ["a/", "b"]);
            assert_eq!(remove_file(ctx, name), crate::abi::tags::ERROR_MARK);
            assert_eq!(ctx.pending_kind, ErrorKind::File as u64);
            fs::remove_dir_all(&path).unwrap();
            assert!(Value(file_truename(ctx, name)).is_nil());
        });
    }
}
