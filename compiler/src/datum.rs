//! Datums: Lisp objects that the compiler holds while macro functions may collect and move them.
//!
//! IRs name objects by `DatumId`; the table's slots are collector roots. Symbols, fixnums and other
//! immediates get one id each; other objects get one id per `eq` identity within a unit.

use crate::hash::HashMap;

use rook_runtime::abi::layout::symbol;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::simple_vector;
use rook_runtime::value::Value;

/// Index of a rooted Lisp object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct DatumId(pub u32);

const CHUNK: usize = 1024;

/// The table. Chunks never move, so each can be registered as a root range.
#[derive(Default)]
pub struct Datums {
    chunks: Vec<Box<[u64; CHUNK]>>,
    len: usize,
    /// Symbol ids by the symbol's stable hash (several ids on a clash).
    symbols: HashMap<u64, Vec<DatumId>>,
    immediates: HashMap<u64, DatumId>,
}

impl Datums {
    pub fn new() -> Datums {
        Datums::default()
    }
    /// The id of `value`.
    pub fn id_of(&mut self, value: Value) -> DatumId {
        if !value.is_reference() || value.is_nil() {
            if let Some(&id) = self.immediates.get(&value.0) {
                return id;
            }
            let id = self.push(value);
            self.immediates.insert(value.0, id);
            return id;
        }
        if value.is_symbol() {
            let hash = value.slot(symbol::HASH).0;
            if let Some(&id) = self.symbols.get(&hash).and_then(|ids| ids.iter().find(|&&id| self.get(id) == value)) {
                return id;
            }
            let id = self.push(value);
            self.symbols.entry(hash).or_default().push(id);
            return id;
        }
        self.push(value)
    }
    /// The object, at its present address.
    pub fn get(&self, id: DatumId) -> Value {
        let i = id.0 as usize;
        Value(self.chunks[i / CHUNK][i % CHUNK])
    }
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Adds an object without looking whether it has an id already.
    pub fn append(&mut self, value: Value) {
        self.push(value);
    }
    /// Address of the rooted slot (for code in memory that loads the object through a cell).
    pub fn slot_address(&self, id: DatumId) -> *const u64 {
        let i = id.0 as usize;
        &self.chunks[i / CHUNK][i % CHUNK]
    }
    /// A fresh simple-vector of these objects, as a datum.
    pub fn vector_of(&mut self, ctx: &mut ThreadContext, ids: &[DatumId]) -> DatumId {
        let items: Vec<Value> = ids.iter().map(|&id| self.get(id)).collect();
        let vector = simple_vector(ctx, &items);
        self.push(vector)
    }
    fn push(&mut self, value: Value) -> DatumId {
        if self.len == self.chunks.len() * CHUNK {
            let mut chunk = Box::new([0u64; CHUNK]);
            crate::roots::register(chunk.as_mut_ptr(), CHUNK);
            self.chunks.push(chunk);
        }
        let id = DatumId(self.len as u32);
        self.chunks[self.len / CHUNK][self.len % CHUNK] = value.0;
        self.len += 1;
        id
    }
}

impl Drop for Datums {
    fn drop(&mut self) {
        for chunk in &mut self.chunks {
            crate::roots::unregister(chunk.as_mut_ptr());
        }
    }
}
