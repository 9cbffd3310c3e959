//! The format, and what must fit for an artifact to be used.

use super::check::check;
use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::wasm::ModuleInfo;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use twox_hash::XxHash3_128;

/// How every artifact starts. Neither the text nor the binary format of WebAssembly does.
const MAGIC: &[u8; 8] = b"\x7fwasmo\r\n";

/// The version of all that follows. To be changed with it.
const VERSION: u32 = 4;

/// Magic, version, checksum.
const CHECKSUM: Range<usize> = 12..12 + size_of::<u128>();
const HEADER: usize = CHECKSUM.end;

/// What the parts start at a multiple of, counted from the start of the artifact: the linker reads objects where they
/// are.
const ALIGNMENT: usize = 16;

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
#[derive(Debug)]
pub(crate) struct Contents<Info, Part> {
    pub info: Info,
    /// The object with the context image and the thunks.
    pub module: Part,
    /// Function indices and object of each unit.
    pub units: Vec<(Range<usize>, Part)>,
}

/// What is written of a module before its parts: the bytes of its data segments, then the objects.
#[derive(Serialize, Deserialize)]
struct Declarations<Info> {
    info: Info,
    /// Lengths of the parts.
    data: usize,
    module: usize,
    units: Vec<(Range<usize>, usize)>,
}

/// The artifact of a module.
pub(crate) fn write(made: &Compatibility, contents: &Contents<&ModuleInfo, &[u8]>) -> Result<Vec<u8>> {
    let Contents { info, module, units } = contents;
    let declarations = Declarations {
        info,
        data: info.data_bytes.len(),
        module: module.len(),
        units: units.iter().map(|(funcs, object)| (funcs.clone(), object.len())).collect(),
    };
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.resize(HEADER, 0);
    let bug = |e: postcard::Error| Error::Bug(format!("a module could not be serialized: {e}"));
    let mut bytes = postcard::to_extend(&(made, declarations), bytes).map_err(bug)?;
    for part in [&*info.data_bytes, module].into_iter().chain(units.iter().map(|(_, object)| *object)) {
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend_from_slice(part);
    }
    seal(&mut bytes);
    Ok(bytes)
}

/// Gives an artifact the checksum of what it is now.
pub(crate) fn seal(artifact: &mut [u8]) {
    if let Some((header, payload)) = artifact.split_at_mut_checked(HEADER) {
        header[CHECKSUM].copy_from_slice(&checksum(payload));
    }
}

/// It is there for accidents, so that what counts is how soon it is known.
fn checksum(payload: &[u8]) -> [u8; size_of::<u128>()] {
    XxHash3_128::oneshot(payload).to_le_bytes()
}

/// What an artifact holds, if it is whole and can be used where `here` would be compiled.
pub(crate) fn read(artifact: &Bytes, here: &Compatibility) -> Result<Contents<ModuleInfo, Bytes>> {
    if !artifact.starts_with(MAGIC) {
        return refuse("these bytes are no artifact of wasmo");
    }
    let version =
        artifact.get(MAGIC.len()..CHECKSUM.start).and_then(|word| Some(u32::from_le_bytes(word.try_into().ok()?)));
    match version {
        Some(VERSION) => {}
        Some(other) => return refuse(format!("its format has version {other}, expected {VERSION}")),
        None => return refuse("it ends in its header"),
    }
    let Some((header, payload)) = artifact.split_at_checked(HEADER) else {
        return refuse("it ends in its header");
    };
    let damaged = |e: postcard::Error| Error::Artifact(format!("it is damaged: {e}"));
    // First of all whether the rest is of any use: it may take longer to look through.
    let (made, rest): (Compatibility, _) = postcard::take_from_bytes(payload).map_err(damaged)?;
    made.check(here)?;
    if checksum(payload) != header[CHECKSUM] {
        return refuse("it is damaged: its checksum does not fit");
    }
    let (declarations, rest): (Declarations<ModuleInfo>, _) = postcard::take_from_bytes(rest).map_err(damaged)?;
    let Declarations { mut info, data, module, units } = declarations;
    let mut parts = Parts { artifact, end: artifact.len() - rest.len() };
    info.data_bytes = parts.next(data)?;
    let module = parts.next(module)?;
    let units = units.into_iter().map(|(funcs, length)| Ok((funcs, parts.next(length)?))).collect::<Result<_>>()?;
    if parts.end != artifact.len() {
        return refuse(format!("it is damaged: {} bytes follow its end", artifact.len() - parts.end));
    }
    let contents = Contents { info, module, units };
    check(&contents).map_err(|what| Error::Artifact(format!("it is damaged: {what}")))?;
    Ok(contents)
}

/// The parts of an artifact, one after the other.
struct Parts<'a> {
    artifact: &'a Bytes,
    /// Where the last one ended.
    end: usize,
}

impl Parts<'_> {
    fn next(&mut self, length: usize) -> Result<Bytes> {
        let start = self.end.next_multiple_of(ALIGNMENT);
        match start.checked_add(length) {
            Some(end) if end <= self.artifact.len() => {
                self.end = end;
                Ok(self.artifact.part(start..end))
            }
            _ => refuse("it is damaged: it ends too soon"),
        }
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::Artifact(reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::wasm::decode;

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
        let module = wat::parse_str(r#"(module (memory 1) (data (i32.const 7) "some") (data "") (data " data"))"#);
        let info = decode(&module.unwrap(), Config::supported()).unwrap().info;
        let contents = Contents { info: &info, module: &b"module"[..], units: vec![(0..0, b"unit")] };
        write(&here(), &contents).unwrap()
    }

    fn read_bytes(bytes: &[u8], here: &Compatibility) -> Result<Contents<ModuleInfo, Bytes>> {
        read(&bytes.to_vec().into(), here)
    }

    fn reason(bytes: &[u8], here: &Compatibility) -> String {
        read_bytes(bytes, here).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = artifact();
        let whole = Bytes::from(bytes.clone());
        let contents = read(&whole, &here()).unwrap();
        let [(funcs, unit)] = &contents.units[..] else { panic!("one unit") };
        assert_eq!((&*contents.module, funcs, &**unit), (&b"module"[..], &(0..0), &b"unit"[..]));
        assert_eq!([0, 1, 2].map(|segment| contents.info.segment_bytes(segment)), [&b"some"[..], b"", b" data"]);
        // Where it was read from, and not elsewhere.
        for part in [&contents.info.data_bytes, &contents.module, unit] {
            assert!(whole.as_ptr_range().contains(&part.as_ptr()));
            assert!((part.as_ptr() as usize - whole.as_ptr() as usize).is_multiple_of(ALIGNMENT));
        }
        assert_eq!(artifact(), bytes);
    }

    #[test]
    fn damage_is_noticed_wherever_it_is() {
        let bytes = artifact();
        for at in 0..bytes.len() {
            assert!(read_bytes(&bytes[..at], &here()).is_err(), "cut at {at}");
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(read_bytes(&damaged, &here()).is_err(), "bit {bit} of byte {at}");
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
                seal(&mut changed);
                let _ = read_bytes(&changed, &here());
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
        assert!(read_bytes(&bytes, &other).is_ok());
        let mut newer = bytes.clone();
        newer[MAGIC.len()] = 9;
        assert!(reason(&newer, &here()).contains(&format!("version 9, expected {VERSION}")));
    }
}
