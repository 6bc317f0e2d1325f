//! Random states and uniform random numbers.
//!
//! A RANDOM_STATE holds a vector of four words, the state of a xoshiro256++ generator (Blackman and
//! Vigna). The vector is written in place and has no references, so no write barrier is needed.

use super::bignum::{Int, from_limbs, from_u64, with_scratch};
use super::float::Format;
use super::{errors, integer, limbs};
use crate::abi::layout::{self, kind};
use crate::abi::tags::OTHER_TAG;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::heap::allocate;
use crate::object::{list, record, symbol::well_known};
use crate::value::{LispResult, Value, t};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

const WORDS: usize = 4;

/// A state made from `source`: a copy of a random state or of a vector with its words, one seeded
/// by an integer, or for T one seeded by the system.
pub fn make_state(ctx: &mut ThreadContext, source: Value) -> LispResult {
    if source.is_kind(kind::RANDOM_STATE) {
        return Ok(state_of(ctx, *words(source.slot(0))));
    }
    if source.is_kind(kind::VECTOR_U64) && source.size() == WORDS {
        return Ok(state_of(ctx, *words(source)));
    }
    let seed = if source == t() {
        // The standard library seeds its hash tables from the system.
        RandomState::new().hash_one(std::process::id())
    } else if super::bignum::is_integer(source) {
        let mut cell = [0];
        Int::of(source, &mut cell).limbs.iter().fold(source.0 >> 63, |h, &l| mix(h ^ l))
    } else {
        return Err(errors::wrong_type(ctx, source, Sym::INTEGER));
    };
    let mut word = seed;
    Ok(state_of(
        ctx,
        std::array::from_fn(|_| {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(word)
        }),
    ))
}

/// Spreads every bit over the word (the finisher of splitmix64).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn state_of(ctx: &mut ThreadContext, state: [u64; WORDS]) -> Value {
    let base = allocate(ctx, layout::header(kind::VECTOR_U64, WORDS as u64));
    let vector = Value(base as u64 | OTHER_TAG);
    *words(vector) = state;
    record(ctx, kind::RANDOM_STATE, &[vector])
}

/// The words of a vector of `WORDS` words. The borrow must not live over another call of this.
fn words<'a>(vector: Value) -> &'a mut [u64; WORDS] {
    debug_assert!(vector.is_kind(kind::VECTOR_U64) && vector.size() == WORDS, "a random state has four words");
    // SAFETY: the vector has four raw words after its header; nothing moves while Rust runs, and
    // every caller ends the borrow before it makes another.
    unsafe { &mut *vector.base().add(1).cast() }
}

fn next(state: &mut [u64; WORDS]) -> u64 {
    let result = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
    let shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = state[3].rotate_left(45);
    result
}

/// A number below `limit`, a positive integer or float, of the type of `limit`.
pub fn random(ctx: &mut ThreadContext, limit: Value, state: Value) -> LispResult {
    if !state.is_kind(kind::RANDOM_STATE) {
        return Err(ctx.raise(ErrorKind::Type, &[state, well_known(Sym::RANDOM_STATE)]));
    }
    let state = words(state.slot(0));
    if let Some(format) = Format::of(limit) {
        let limit_float = if format == Format::Single { limit.as_single() as f64 } else { limit.as_double() };
        if limit_float > 0.0 && limit_float.is_finite() {
            return Ok(random_float(ctx, limit_float, format, state));
        }
    } else if super::bignum::is_integer(limit) && limit != Value::ZERO && !integer::is_negative(limit) {
        return random_integer(ctx, limit, state);
    }
    let alternatives = [Sym::OR, Sym::INTEGER, Sym::FLOAT].map(well_known);
    let expected = list(ctx, &alternatives);
    Err(ctx.raise(ErrorKind::Type, &[limit, expected]))
}

fn random_float(ctx: &mut ThreadContext, limit: f64, format: Format, state: &mut [u64; WORDS]) -> Value {
    let digits = format.digits();
    loop {
        let unit = (next(state) >> (64 - digits)) as f64 / (1u64 << digits) as f64;
        let product = unit * limit;
        let product = if format == Format::Single { product as f32 as f64 } else { product };
        // Rounding can reach the limit.
        if product < limit {
            return format.box_float(ctx, product);
        }
    }
}

fn random_integer(ctx: &mut ThreadContext, limit: Value, state: &mut [u64; WORDS]) -> LispResult {
    let mut cell = [0];
    let bound = Int::of(limit, &mut cell).limbs;
    let top = u64::MAX >> bound[bound.len() - 1].leading_zeros();
    if let &[bound] = bound {
        let below = std::iter::repeat_with(|| next(state) & top).find(|&n| n < bound).expect("endless");
        return Ok(from_u64(ctx, false, below));
    }
    // At least every other draw of the right length lies below the limit.
    with_scratch(bound.len(), |out| {
        loop {
            out.fill_with(|| next(state));
            *out.last_mut().expect("a limit has limbs") &= top;
            if limbs::compare(limbs::trim(out), bound).is_lt() {
                return from_limbs(ctx, false, out);
            }
        }
    })
}
