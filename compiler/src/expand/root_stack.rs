//! A stack of rooted Lisp values: forms under expansion, while macro functions may move them.

use rook_runtime::value::Value;

const CHUNK: usize = 1024;

/// A place on the root stack, valid until the stack is released below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rooted(u32);

/// The stack. Chunks never move, so each is a root range.
#[derive(Default)]
pub struct RootStack {
    chunks: Vec<Box<[u64; CHUNK]>>,
    len: usize,
}

impl RootStack {
    pub fn push(&mut self, value: Value) -> Rooted {
        if self.len == self.chunks.len() * CHUNK {
            let mut chunk = Box::new([0u64; CHUNK]);
            crate::roots::register(chunk.as_mut_ptr(), CHUNK);
            self.chunks.push(chunk);
        }
        let place = Rooted(self.len as u32);
        self.chunks[self.len / CHUNK][self.len % CHUNK] = value.0;
        self.len += 1;
        place
    }
    pub fn get(&self, place: Rooted) -> Value {
        let i = place.0 as usize;
        debug_assert!(i < self.len, "a rooted form is used after its release");
        Value(self.chunks[i / CHUNK][i % CHUNK])
    }
    pub fn set(&mut self, place: Rooted, value: Value) {
        let i = place.0 as usize;
        debug_assert!(i < self.len, "a rooted form is used after its release");
        self.chunks[i / CHUNK][i % CHUNK] = value.0;
    }
    /// What `release` takes to forget everything pushed from now on.
    pub fn mark(&self) -> usize {
        self.len
    }
    pub fn release(&mut self, mark: usize) {
        for i in mark..self.len {
            self.chunks[i / CHUNK][i % CHUNK] = 0;
        }
        self.len = mark;
    }
}

impl Drop for RootStack {
    fn drop(&mut self) {
        for chunk in &mut self.chunks {
            crate::roots::unregister(chunk.as_mut_ptr());
        }
    }
}
