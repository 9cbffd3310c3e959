//! The format, and what must fit for an artifact to be used.

use super::check::check;
use crate::error::{Error, Result};
use crate::wasm::ModuleInfo;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How every artifact starts. Neither the text nor the binary format of WebAssembly does.
const MAGIC: &[u8; 8] = b"\x7fwasmo\r\n";

/// The version of all that follows. To be changed with it.
const VERSION: u32 = 3;

/// Magic, version, checksum.
const CHECKSUM: Range<usize> = 12..12 + blake3::OUT_LEN;
const HEADER: usize = CHECKSUM.end;

/// What code was made by and for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Compatibility {
    pub wasmo: String,
    pub llvm: String,
    pub triple: String,
    /// Features of the CPU that the code may use.
    pub cpu_features: Vec<String>,
    /// Features of WebAssembly that the module may use.
    pub wasm_features: Vec<String>,
    /// Settings that the code relies on, in words.
    pub settings: String,
}

impl Compatibility {
    /// Whether code for `self` runs where `here` would be compiled.
    fn check(&self, here: &Compatibility) -> Result<()> {
        let fields = [
            ("wasmo", &self.wasmo, &here.wasmo),
            ("LLVM", &self.llvm, &here.llvm),
            ("the target", &self.triple, &here.triple),
            ("the configuration", &self.settings, &here.settings),
        ];
        for (what, found, expected) in fields {
            if found != expected {
                return refuse(format!("it was made for {what} {found}, and this is {expected}"));
            }
        }
        let first_missing = |all: &[String], there: &[String]| all.iter().find(|name| !there.contains(name)).cloned();
        if let Some(missing) = first_missing(&self.cpu_features, &here.cpu_features) {
            return refuse(format!("its code may use {missing}, which this CPU lacks"));
        }
        if let Some(missing) = first_missing(&self.wasm_features, &here.wasm_features) {
            return refuse(format!("the module may use {missing}, which is switched off"));
        }
        Ok(())
    }
}

/// What an artifact holds of a module.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Contents<'a, Info> {
    pub info: Info,
    /// The object with the context image and the thunks.
    #[serde(borrow)]
    pub module: &'a [u8],
    /// Function indices and object of each unit.
    #[serde(borrow)]
    pub units: Vec<(Range<usize>, &'a [u8])>,
}

/// The artifact of a module.
pub(crate) fn write(made: &Compatibility, contents: &Contents<'_, &ModuleInfo>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.resize(HEADER, 0);
    let bug = |e: postcard::Error| Error::Bug(format!("a module could not be serialized: {e}"));
    let bytes = postcard::to_extend(&(made, contents), bytes).map_err(bug)?;
    Ok(seal(bytes))
}

fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = blake3::hash(&bytes[HEADER..]);
    bytes[CHECKSUM].copy_from_slice(checksum.as_bytes());
    bytes
}

/// What the artifact `bytes` holds, if it is whole and can be used where `here` would be compiled.
pub(crate) fn read<'a>(bytes: &'a [u8], here: &Compatibility) -> Result<Contents<'a, ModuleInfo>> {
    if !bytes.starts_with(MAGIC) {
        return refuse("these bytes are no artifact of wasmo");
    }
    let version =
        bytes.get(MAGIC.len()..CHECKSUM.start).and_then(|word| Some(u32::from_le_bytes(word.try_into().ok()?)));
    match version {
        Some(VERSION) => {}
        Some(other) => return refuse(format!("its format has version {other}, expected {VERSION}")),
        None => return refuse("it ends in its header"),
    }
    let Some((checksum, payload)) = bytes[CHECKSUM.start..].split_first_chunk::<{ blake3::OUT_LEN }>() else {
        return refuse("it ends in its header");
    };
    if blake3::hash(payload) != *checksum {
        return refuse("it is damaged: its checksum does not fit");
    }
    let damaged = |e: postcard::Error| Error::Artifact(format!("it is damaged: {e}"));
    let (made, rest): (Compatibility, _) = postcard::take_from_bytes(payload).map_err(damaged)?;
    made.check(here)?;
    let (contents, rest): (Contents<'a, ModuleInfo>, _) = postcard::take_from_bytes(rest).map_err(damaged)?;
    if !rest.is_empty() {
        return refuse(format!("it is damaged: {} bytes follow its end", rest.len()));
    }
    check(&contents).map_err(|what| Error::Artifact(format!("it is damaged: {what}")))?;
    Ok(contents)
}

fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::Artifact(reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Compatibility {
        Compatibility {
            wasmo: "1".into(),
            llvm: "22".into(),
            triple: "x86_64-linux".into(),
            cpu_features: vec!["avx".into(), "sse4.2".into()],
            wasm_features: vec!["multi-value".into()],
            settings: "guarded".into(),
        }
    }

    fn artifact() -> Vec<u8> {
        let contents = Contents { info: &ModuleInfo::default(), module: b"module", units: vec![(0..0, b"unit")] };
        write(&here(), &contents).unwrap()
    }

    fn reason(bytes: &[u8], here: &Compatibility) -> String {
        read(bytes, here).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = artifact();
        let contents = read(&bytes, &here()).unwrap();
        assert_eq!((contents.module, contents.units), (&b"module"[..], vec![(0..0, &b"unit"[..])]));
        assert_eq!(artifact(), bytes);
    }

    #[test]
    fn damage_is_noticed_wherever_it_is() {
        let bytes = artifact();
        for at in 0..bytes.len() {
            assert!(read(&bytes[..at], &here()).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged, &here()).is_err(), "bit {bit} of byte {at}");
            }
        }
        assert!(reason(&[&bytes[..], b"x"].concat(), &here()).contains("checksum"));
        assert!(reason(b"\0asm\x01\0\0\0", &here()).contains("no artifact"));
    }

    #[test]
    fn what_resealed_metadata_says_is_checked() {
        let bytes = artifact();
        for at in HEADER..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let _ = read(&seal(changed), &here());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        let bytes = artifact();
        let mut other = here();
        other.wasmo = "2".into();
        assert!(reason(&bytes, &other).contains("made for wasmo 1, and this is 2"));
        let mut other = here();
        other.cpu_features.remove(0);
        assert!(reason(&bytes, &other).contains("may use avx, which this CPU lacks"));
        let mut other = here();
        other.wasm_features.clear();
        assert!(reason(&bytes, &other).contains("may use multi-value, which is switched off"));
        let mut other = here();
        other.cpu_features.push("avx512f".into());
        assert!(read(&bytes, &other).is_ok());
        let mut newer = bytes.clone();
        newer[MAGIC.len()] = 9;
        assert!(reason(&newer, &here()).contains(&format!("version 9, expected {VERSION}")));
    }
}
