//! CLIF as text that Cranelift's own reader takes, for `--emit=clif`.
//!
//! Cranelift writes names in global values as numbers that mean something in this process only; here
//! they are written as elsewhere. Comments at the head of a function say what its names stand for.

use std::fmt::{self, Write};

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::entities::AnyEntity;
use cranelift_codegen::ir::{Block, ExternalName, Function, GlobalValueData, Inst, UserExternalName, Value};
use cranelift_codegen::write::{FuncWriter, PlainWriter, decorate_function};

use super::{Symbols, namespace};
use crate::datum::{DatumId, Datums};
use crate::hir::datum_text::datum_text;
use crate::mir::Program;

/// The text of a function, each of `comments` a line of it.
pub fn print_function(function: &Function, comments: &[String]) -> String {
    let mut text = String::new();
    decorate_function(&mut Writer { comments }, &mut text, function).expect("writing to a string");
    text
}

/// What the names stand for that a function uses, the function's own name first.
pub fn comments(function: &Function, name: &str, program: &Program, datums: &Datums, symbols: &Symbols) -> Vec<String> {
    let mut names: Vec<&UserExternalName> = function.params.user_named_funcs().values().collect();
    names.sort_by_key(|name| (name.namespace, name.index));
    names.dedup();
    let meanings = names.into_iter().map(|name| {
        let meaning = match name.namespace {
            namespace::FUNCTION => program.functions[name.index as usize].name.clone(),
            namespace::FUNCTION_OBJECT => format!("#'{}", program.functions[name.index as usize].name),
            namespace::DATUM => shortened(&datum_text(datums.get(DatumId(name.index))).flat()),
            _ => symbols.name(name.index).to_string(),
        };
        format!("{name} = {meaning}")
    });
    std::iter::once(name.to_string()).chain(meanings).map(|text| format!("; {}", text.replace(char::is_control, " "))).collect()
}

/// A text that may be long, on part of a line.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

struct Writer<'a> {
    comments: &'a [String],
}

impl FuncWriter for Writer<'_> {
    fn write_preamble(&mut self, w: &mut dyn Write, function: &Function) -> Result<bool, fmt::Error> {
        for comment in self.comments {
            writeln!(w, "    {comment}")?;
        }
        self.super_preamble(w, function).map(|any| any || !self.comments.is_empty())
    }

    fn write_entity_definition(
        &mut self,
        w: &mut dyn Write,
        function: &Function,
        entity: AnyEntity,
        value: &dyn fmt::Display,
    ) -> fmt::Result {
        if let AnyEntity::GlobalValue(global) = entity
            && let GlobalValueData::Symbol { name: name @ ExternalName::User(reference), .. } = &function.global_values[global]
        {
            let number = name.display(None).to_string();
            let name = &function.params.user_named_funcs()[*reference];
            let text = value.to_string().replacen(&number, &name.to_string(), 1);
            return writeln!(w, "    {entity} = {text}");
        }
        self.super_entity_definition(w, function, entity, value)
    }

    fn write_block_header(&mut self, w: &mut dyn Write, function: &Function, block: Block, indent: usize) -> fmt::Result {
        PlainWriter.write_block_header(w, function, block, indent)
    }

    fn write_instruction(
        &mut self,
        w: &mut dyn Write,
        function: &Function,
        aliases: &SecondaryMap<Value, Vec<Value>>,
        inst: Inst,
        indent: usize,
    ) -> fmt::Result {
        PlainWriter.write_instruction(w, function, aliases, inst, indent)
    }
}
