//! Elementary functions of complex numbers with double parts.
//!
//! Branch cuts and the meaning of signed zeros follow Kahan ("Branch cuts for complex elementary
//! functions"), which is what the standard's definitions ask for.

use std::ops::{Add, Mul, Sub};

/// A complex number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Add for Complex {
    type Output = Complex;
    fn add(self, other: Complex) -> Complex {
        Complex::new(self.re + other.re, self.im + other.im)
    }
}
impl Sub for Complex {
    type Output = Complex;
    fn sub(self, other: Complex) -> Complex {
        Complex::new(self.re - other.re, self.im - other.im)
    }
}
impl Mul for Complex {
    type Output = Complex;
    fn mul(self, other: Complex) -> Complex {
        Complex::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

/// The square, and what it was rounded by (Dekker).
fn exact_square(x: f64) -> (f64, f64) {
    const SPLIT: f64 = ((1 << 27) + 1) as f64;
    let high = x * SPLIT - (x * SPLIT - x);
    let (low, square) = (x - high, x * x);
    (square, high * high - square + 2.0 * high * low + low * low)
}

impl Complex {
    pub const fn new(re: f64, im: f64) -> Complex {
        Complex { re, im }
    }
    fn conjugate(self) -> Complex {
        Complex::new(self.re, -self.im)
    }
    /// `1 - self`, which negates the imaginary part, a zero one too.
    fn one_minus(self) -> Complex {
        Complex::new(1.0 - self.re, -self.im)
    }
    fn plus_one(self) -> Complex {
        Complex::new(1.0 + self.re, self.im)
    }
    fn minus_one(self) -> Complex {
        Complex::new(self.re - 1.0, self.im)
    }
    fn times_i(self) -> Complex {
        Complex::new(-self.im, self.re)
    }
    fn over_i(self) -> Complex {
        Complex::new(self.im, -self.re)
    }

    /// The distance from zero: the root of the exact sum of squares, nearly. Our own, since small programs
    /// need nothing else of the C library's libm, and loading that takes a tenth of their start.
    pub fn magnitude(self) -> f64 {
        let (re, im) = (self.re.abs(), self.im.abs());
        if re.is_infinite() || im.is_infinite() {
            return f64::INFINITY;
        }
        let (large, small) = if re > im { (re, im) } else { (im, re) };
        if small > large * (f64::EPSILON / 4.0) {
            let scale = match large {
                _ if large > 1e150 => 2f64.powi(-600),
                _ if large < 1e-130 => 2f64.powi(600),
                _ => 1.0,
            };
            let ((a, a_rest), (b, b_rest)) = (exact_square(large * scale), exact_square(small * scale));
            return (b_rest + a_rest + b + a).sqrt() / scale;
        }
        // The smaller part does not count, or one of them is no number.
        re + im
    }
    pub fn exp(self) -> Complex {
        let size = self.re.exp();
        if self.im == 0.0 {
            return Complex::new(size, self.im);
        }
        Complex::new(size * self.im.cos(), size * self.im.sin())
    }
    pub fn ln(self) -> Complex {
        Complex::new(self.magnitude().ln(), self.im.atan2(self.re))
    }
    pub fn sqrt(self) -> Complex {
        if self.re == 0.0 && self.im == 0.0 {
            return Complex::new(0.0, self.im);
        }
        // Scaled by a power of four where the sum would overflow or lose bits.
        let scale = match self.re.abs().max(self.im.abs()) {
            large if large < f64::MIN_POSITIVE * 4.0 => (2f64.powi(106), 2f64.powi(-53)),
            large if large > f64::MAX / 4.0 => (0.25, 2.0),
            _ => (1.0, 1.0),
        };
        let (re, im) = (self.re * scale.0, self.im * scale.0);
        let t = (re.abs() / 2.0 + Complex::new(re / 2.0, im / 2.0).magnitude()).sqrt();
        let u = im.abs() / (2.0 * t);
        let (a, b) = if re >= 0.0 { (t, u) } else { (u, t) };
        Complex::new(a * scale.1, (b * scale.1).copysign(self.im))
    }
    pub fn sin(self) -> Complex {
        Complex::new(self.re.sin() * self.im.cosh(), self.re.cos() * self.im.sinh())
    }
    pub fn cos(self) -> Complex {
        Complex::new(self.re.cos() * self.im.cosh(), -(self.re.sin() * self.im.sinh()))
    }
    pub fn tan(self) -> Complex {
        if self.im.abs() > 20.0 {
            return Complex::new(0f64.copysign((2.0 * self.re).sin()), 1f64.copysign(self.im));
        }
        let norm = (2.0 * self.re).cos() + (2.0 * self.im).cosh();
        Complex::new((2.0 * self.re).sin() / norm, (2.0 * self.im).sinh() / norm)
    }
    pub fn asin(self) -> Complex {
        let (below, above) = (self.one_minus().sqrt(), self.plus_one().sqrt());
        Complex::new(self.re.atan2((below * above).re), (below.conjugate() * above).im.asinh())
    }
    pub fn acos(self) -> Complex {
        let (below, above) = (self.one_minus().sqrt(), self.plus_one().sqrt());
        Complex::new(2.0 * below.re.atan2(above.re), (above.conjugate() * below).im.asinh())
    }
    pub fn atan(self) -> Complex {
        self.times_i().atanh().over_i()
    }
    pub fn sinh(self) -> Complex {
        self.times_i().sin().over_i()
    }
    pub fn cosh(self) -> Complex {
        self.times_i().cos()
    }
    pub fn tanh(self) -> Complex {
        self.times_i().tan().over_i()
    }
    pub fn asinh(self) -> Complex {
        self.times_i().asin().over_i()
    }
    pub fn acosh(self) -> Complex {
        let (below, above) = (self.minus_one().sqrt(), self.plus_one().sqrt());
        Complex::new((below.conjugate() * above).re.asinh(), 2.0 * below.im.atan2(above.re))
    }
    pub fn atanh(self) -> Complex {
        let difference = self.plus_one().ln() - self.one_minus().ln();
        Complex::new(difference.re / 2.0, difference.im / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_those_of_the_c_library() {
        let magnitude = |re: f64, im: f64| Complex::new(re, im).magnitude();
        assert_eq!(magnitude(3.0, -4.0), 5.0);
        assert_eq!(magnitude(3e300, 4e300), 5e300);
        assert_eq!(magnitude(f64::MAX, f64::MAX), f64::INFINITY);
        assert_eq!(magnitude(f64::NEG_INFINITY, f64::NAN), f64::INFINITY);
        assert!(magnitude(f64::NAN, 1.0).is_nan() && magnitude(0.0, f64::NAN).is_nan());
        assert_eq!((magnitude(0.0, 0.0), magnitude(5e-324, 0.0)), (0.0, 5e-324));
        let mut seed = 1u64;
        let mut next = || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            seed
        };
        for _ in 0..100_000 {
            // Exponents of all sizes, differences between them small.
            let exponent = next() >> 53;
            let [re, im] = [next(), next()].map(|bits| {
                let near = (exponent + (bits & 31)).clamp(0, 2046);
                f64::from_bits(near << 52 | bits >> 12)
            });
            let (ours, theirs) = (magnitude(re, im), re.hypot(im));
            assert!(ours.to_bits().abs_diff(theirs.to_bits()) <= 1, "{re:e} {im:e}: {ours:e}, {theirs:e}");
        }
    }
}
