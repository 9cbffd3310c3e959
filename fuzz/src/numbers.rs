//! Numbers on which instructions are likely to go wrong: zeros, edges, neighbours of powers of two, halves, NaNs of every kind.

use crate::random::Random;
use crate::value::Value;
use wasmo::ValType;

impl Random {
    /// A number of a type; of a reference type, null.
    pub fn number(&self, ty: ValType) -> Value {
        match ty {
            ValType::I32 => Value::I32(self.integer(32) as i32),
            ValType::I64 => Value::I64(self.integer(64) as i64),
            ValType::F32 => Value::F32(self.f32()),
            ValType::F64 => Value::F64(self.f64()),
            ValType::FuncRef => Value::Func(None),
            ValType::ExternRef => Value::Extern(None),
        }
    }

    fn integer(&self, bits: u32) -> u64 {
        let near = |edge: u64, random: &Random| edge.wrapping_add(random.below(5)).wrapping_sub(2);
        match self.below(8) {
            0 => self.below(64),
            1 => near(0, self),
            2 => near(1 << (bits - 1), self),
            // The edges of narrower integers, and of shift counts.
            3 => {
                let shift = self.below(u64::from(bits));
                near(1 << shift, self)
            }
            4 => 0u64.wrapping_sub(1 << self.below(u64::from(bits))),
            // Bytes that are all ones or zeros.
            5 => u64::from_le_bytes(std::array::from_fn(|_| *self.pick(&[0, 0xff, 0x80, 0x7f]))),
            _ => self.next(),
        }
    }
}

/// For each float type a method that makes the bits of a number of it.
macro_rules! floats {
    ($( $float:ident, $bits:ty; )*) => { $(
        impl Random {
            pub fn $float(&self) -> $bits {
                const QUIET: $bits = 1 << ($float::MANTISSA_DIGITS - 2);
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // At half of the last, neighbours differ by a half; from it on, all numbers are integers.
                const ALL_INTEGERS: $float = (1u64 << ($float::MANTISSA_DIGITS - 1)) as $float;
                const EDGES: [$float; 20] = [
                    1.0, 0.5, 1.5, 2.5, 3.5, ALL_INTEGERS, ALL_INTEGERS / 2.0, $float::MAX, $float::MIN_POSITIVE,
                    $float::from_bits(1), 127.0, 32768.0, 2147483647.0, 2147483648.0, 2147483649.0, 4294967296.0,
                    9223372036854775808.0, 18446744073709551616.0, 1e-7, $float::INFINITY,
                ];
                let magnitude = match self.below(10) {
                    0 | 1 => 0.0,
                    2..=4 => {
                        let edge = *self.pick(&EDGES);
                        *self.pick(&[edge, edge, edge.next_up(), edge.next_down()])
                    }
                    5 => self.below(64) as $float / 4.0,
                    6 => self.integer(64) as i64 as $float,
                    7 => {
                        let payload = self.next() as $bits & (QUIET - 1);
                        let least = *self.pick(&[QUIET, QUIET | payload, payload | 1, 1]);
                        $float::from_bits($float::INFINITY.to_bits() | least)
                    }
                    _ => $float::from_bits(self.next() as $bits),
                };
                if self.one_in(2) { magnitude.to_bits() ^ SIGN } else { magnitude.to_bits() }
            }
        }
    )* };
}

floats! {
    f32, u32;
    f64, u64;
}
