//! The `optimize` qualities: parsing one specifier into a `Policy`.

use rook_runtime::object::symbol::symbol_text;
use rook_runtime::value::Value;

use crate::hir::Policy;

/// Applies one quality (`speed` or `(speed 3)`); false when it is none.
pub fn apply_quality(policy: &mut Policy, quality: Value) -> bool {
    let (name, value) = if quality.is_symbol() {
        (quality, 3)
    } else if quality.is_cons() && quality.car().is_symbol() && quality.cdr().is_cons() {
        match quality.cdr().car().to_fixnum() {
            Some(n @ 0..=3) => (quality.car(), n as u8),
            _ => return false,
        }
    } else {
        return false;
    };
    let field = match symbol_text(name).as_str() {
        "SPEED" => &mut policy.speed,
        "SAFETY" => &mut policy.safety,
        "DEBUG" => &mut policy.debug,
        "SPACE" => &mut policy.space,
        "COMPILATION-SPEED" => &mut policy.compilation_speed,
        _ => return false,
    };
    *field = value;
    true
}

/// The policy after a list of qualities.
pub fn policy_of(mut policy: Policy, qualities: Value) -> Policy {
    for quality in qualities.list_iter() {
        apply_quality(&mut policy, quality);
    }
    policy
}
