//! Numbers from a seed: the only source of chance, so that a seed names a case for good.

use crate::value::Value;
use wasmo::ValType;

/// [SplitMix64](https://prng.di.unimi.it/splitmix64.c).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(count).collect()
    }

    /// A value of a type: small numbers and the edges of the type are as likely as all others together. References are to one of
    /// `funcs` functions or to an object of the host, or null.
    pub fn value(&mut self, ty: ValType, funcs: usize) -> Value {
        match ty {
            ValType::I32 => Value::I32(self.integer(32) as i32),
            ValType::I64 => Value::I64(self.integer(64) as i64),
            ValType::F32 => Value::F32((self.float() as f32).to_bits()),
            ValType::F64 => Value::F64(self.float().to_bits()),
            ValType::FuncRef => Value::Func(Some(self.below(funcs as u64 + 1) as usize).filter(|&index| index < funcs)),
            ValType::ExternRef => Value::Extern(Some(self.below(4) as u32).filter(|&object| object != 0)),
        }
    }

    fn integer(&mut self, bits: u32) -> u64 {
        let near_edge = |edge: u64, random: &mut Random| edge.wrapping_add(random.below(5)).wrapping_sub(2);
        match self.below(6) {
            0 => self.below(64),
            1 => near_edge(0, self),
            2 => near_edge(1 << (bits - 1), self),
            3 => {
                let shift = self.below(u64::from(bits));
                near_edge(1 << shift, self)
            }
            _ => self.next(),
        }
    }

    fn float(&mut self) -> f64 {
        const EDGES: [f64; 16] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
            f64::MAX,
            2147483648.0,
            -2147483649.0,
            4294967296.0,
            9223372036854775808.0,
            18446744073709551616.0,
        ];
        match self.below(4) {
            0 | 1 => EDGES[self.below(EDGES.len() as u64) as usize],
            2 => self.integer(64) as i64 as f64,
            // Of all NaNs only the canonical one: what becomes of the others, wasm leaves open.
            _ => Some(f64::from_bits(self.next())).filter(|float| !float.is_nan()).unwrap_or(f64::NAN),
        }
    }
}
