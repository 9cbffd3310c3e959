//! Bytes of which several have parts: what an artifact is read into, and what is linked from it without a copy.

use crate::sys::MappedFile;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};

/// A part of some bytes, in memory or in a file. They stay where they are as long as anybody has a part of them. Cheap to
/// clone.
#[derive(Clone)]
pub(crate) struct Bytes {
    owner: Arc<Owner>,
    range: Range<usize>,
}

enum Owner {
    Memory(Vec<u8>),
    File(MappedFile),
}

impl Owner {
    fn all(&self) -> &[u8] {
        match self {
            Owner::Memory(bytes) => bytes,
            Owner::File(file) => file.bytes(),
        }
    }
}

impl Bytes {
    fn new(owner: Owner) -> Bytes {
        let range = 0..owner.all().len();
        Bytes { owner: Arc::new(owner), range }
    }

    /// What is in a file, which nobody may change as long as there is a part of it.
    pub fn of_file(path: &Path) -> io::Result<Bytes> {
        MappedFile::open(path).map(|file| Bytes::new(Owner::File(file)))
    }

    /// A part of these bytes.
    pub fn part(&self, range: Range<usize>) -> Bytes {
        assert!(range.start <= range.end && range.end <= self.len());
        let start = self.range.start;
        Bytes { owner: self.owner.clone(), range: start + range.start..start + range.end }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.owner.all()[self.range.clone()]
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes::new(Owner::Memory(bytes))
    }
}

impl Default for Bytes {
    fn default() -> Bytes {
        Vec::new().into()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_where_the_whole_is_and_outlive_it() {
        let path = std::env::temp_dir().join(format!("wasmo-bytes-{}", std::process::id()));
        std::fs::write(&path, b"0123456789").unwrap();
        let file = Bytes::of_file(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for whole in [file, b"0123456789".to_vec().into()] {
            let address = whole.as_ptr();
            let part = whole.part(2..7);
            drop(whole);
            let part = part.part(1..3);
            assert_eq!((&*part, part.as_ptr()), (&b"34"[..], address.wrapping_add(3)));
        }
    }

    #[test]
    fn what_is_no_file_is_an_error() {
        assert!(Bytes::of_file(Path::new("/dev/null")).is_err());
        assert!(Bytes::of_file(Path::new("/nowhere/at/all")).is_err());
        let empty = std::env::temp_dir().join(format!("wasmo-empty-{}", std::process::id()));
        std::fs::write(&empty, b"").unwrap();
        assert!(Bytes::of_file(&empty).unwrap().is_empty());
        std::fs::remove_file(&empty).unwrap();
    }
}
