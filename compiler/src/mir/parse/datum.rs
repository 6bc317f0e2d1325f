//! Objects in MIR text: what the head of a program names.

use super::{Result, hex, quoted_end};
use rook_runtime::abi::layout::kind;
use rook_runtime::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::package::{find_package_str, intern_str};
use rook_runtime::object::symbol::make_symbol_named;
use rook_runtime::object::{self, string};
use rook_runtime::value::{Value, nil};

/// Reads the objects of the head.
pub(super) struct DatumReader<'a, 'b> {
    pub ctx: &'a mut ThreadContext,
    pub rest: &'b str,
}

impl DatumReader<'_, '_> {
    fn skip(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn items(&mut self) -> Result<(Vec<Value>, Value)> {
        let (mut items, mut tail) = (Vec::new(), nil());
        while !self.skip(")") {
            if self.skip(". ") {
                tail = self.read()?;
                continue;
            }
            items.push(self.read()?);
        }
        Ok((items, tail))
    }

    pub fn read(&mut self) -> Result<Value> {
        if self.skip("#(") {
            let (items, _) = self.items()?;
            return Ok(object::record(self.ctx, kind::SIMPLE_VECTOR, &items));
        }
        if self.skip("(") {
            let (items, tail) = self.items()?;
            return Ok(object::list_with_tail(self.ctx, &items, tail));
        }
        if self.rest.starts_with('"') {
            return self.read_string();
        }
        let mut barred = false;
        let end = self.rest.find(|c: char| {
            barred ^= c == '|';
            !barred && (c == ' ' || c == ')')
        });
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if let Ok(n) = word.parse::<i64>()
            && (MOST_NEGATIVE_FIXNUM..=MOST_POSITIVE_FIXNUM).contains(&n)
        {
            return Ok(Value::fixnum(n));
        }
        if let Some(bits) = hex(word, "#x") {
            return Ok(Value(bits));
        }
        if let Some(bits) = hex(word, "#d") {
            return Ok(object::double(self.ctx, f64::from_bits(bits)));
        }
        let (package, name) = split_symbol(word).ok_or_else(|| format!("{word} is no object"))?;
        if package == "#" {
            let name: Vec<u32> = name.chars().map(|c| c as u32).collect();
            return Ok(make_symbol_named(self.ctx, &name));
        }
        let found = find_package_str(&package).ok_or_else(|| format!("there is no package {package}"))?;
        Ok(intern_str(self.ctx, found, &name))
    }

    fn read_string(&mut self) -> Result<Value> {
        let (word, rest) = self.rest.split_at(quoted_end(self.rest));
        self.rest = rest;
        let inner = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).ok_or("the string does not end")?;
        let mut text = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '\\' { chars.next() } else { None }) {
                ('\\', Some('n')) => text.push('\n'),
                ('\\', Some('t')) => text.push('\t'),
                ('\\', Some('r')) => text.push('\r'),
                ('\\', Some('u')) => {
                    let digits: String = chars.by_ref().take_while(|&c| c != '}').filter(|&c| c != '{').collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    text.push(code.ok_or("a character code is wrong")?);
                }
                ('\\', Some(c)) => text.push(c),
                (c, _) => text.push(c),
            }
        }
        Ok(string(self.ctx, &text))
    }
}

/// `PACKAGE:NAME`, each perhaps between bars.
fn split_symbol(word: &str) -> Option<(String, String)> {
    let mut parts = vec![String::new()];
    let (mut barred, mut chars) = (false, word.chars());
    while let Some(c) = chars.next() {
        match c {
            '|' => barred = !barred,
            '\\' if barred => parts.last_mut()?.push(chars.next()?),
            ':' if !barred => parts.push(String::new()),
            c => parts.last_mut()?.push(c),
        }
    }
    let name = parts.pop()?;
    Some((parts.pop()?, name)).filter(|_| parts.is_empty())
}
