//! Damaged modules. Much of the damage keeps the lengths right that stand around it, so that decoding comes to what was damaged.

use crate::random::Random;
use wasm_encoder::Encode;

/// A module with some damage; `other` is another module to take parts from.
pub fn mutate(random: &Random, module: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = module.to_vec();
    // Of what is damaged once, some is still valid.
    let times = if random.one_in(2) { 1 } else { 2 + random.index(3) };
    for _ in 0..times {
        match random.below(8) {
            0 => damage(random, &mut bytes, other),
            1 => shuffle_sections(random, &mut bytes, other),
            2..=4 => in_body(random, &mut bytes, other),
            _ => in_section(random, &mut bytes, other),
        }
    }
    if random.one_in(12) {
        bytes.truncate(random.index(bytes.len() + 1));
    }
    bytes
}

const WORDS: [&str; 20] = [
    "(",
    ")",
    "\"",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "0x1p-149",
    "nan:0x1",
    "$f",
    ";;",
    "(;",
    "i32",
    "i64.add",
    "end",
    "(func",
    "(export \"x\")",
    "\\ff",
    "€",
    "(@a)",
];

/// A text with some damage.
pub fn mutate_text(random: &Random, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + random.index(4) {
        match random.below(4) {
            0 => damage(random, &mut bytes, text.as_bytes()),
            _ => {
                let at = random.index(bytes.len() + 1);
                let word = random.pick(&WORDS);
                let end = (at + random.index(3)).min(bytes.len());
                drop(bytes.splice(at..end, word.bytes()));
            }
        }
    }
    bytes
}

/// An artifact with some damage, and without the checksum for it.
pub fn damage_bytes(random: &Random, artifact: &[u8]) -> Vec<u8> {
    let mut bytes = artifact.to_vec();
    if random.one_in(4) {
        bytes.truncate(random.index(bytes.len()));
    } else {
        damage(random, &mut bytes, artifact);
    }
    bytes
}

/// An artifact with some damage in its declarations, mostly numbers, and the checksum for it.
pub fn mutate_artifact(random: &Random, artifact: &[u8]) -> Vec<u8> {
    // Of magic, version and checksum.
    const HEADER: usize = 28;
    const OBJECT: &[u8] = b"\x7fELF";
    let objects = artifact.windows(OBJECT.len()).position(|window| window == OBJECT).unwrap_or(artifact.len());
    let mut declarations = artifact[HEADER..objects].to_vec();
    for _ in 0..1 + random.index(3) {
        if random.one_in(3) {
            damage(random, &mut declarations, artifact);
        } else {
            let at = random.index(declarations.len() + 1);
            edit_number(random, &mut declarations, at);
        }
    }
    let mut bytes = [&artifact[..HEADER], &declarations, &artifact[objects..]].concat();
    wasmo::Module::seal_artifact(&mut bytes);
    bytes
}

/// Damages some bytes.
fn damage(random: &Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.index(bytes.len() + 1);
    let end = (at + 1 + random.index(1 << random.below(6))).min(bytes.len());
    match random.below(8) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        2 if at < bytes.len() => bytes[at] = *random.pick(&[0, 1, 0x0b, 0x40, 0x7f, 0x80, 0xfc, 0xff]),
        3 if at < bytes.len() => bytes[at] = random.next() as u8,
        4 => drop(bytes.drain(at..end)),
        5 => {
            let copy = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, copy));
        }
        6 => {
            let from = random.index(other.len() + 1);
            let to = (from + random.index(32)).min(other.len());
            drop(bytes.splice(at..end, other[from..to].iter().copied()));
        }
        _ => edit_number(random, bytes, at),
    }
}

/// Changes a number in LEB128, or what is taken for one, or writes it in another way.
fn edit_number(random: &Random, bytes: &mut Vec<u8>, at: usize) {
    let Some((number, end)) = number(bytes, at) else { return };
    let number = match random.below(8) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => 0,
        3 => 1 << random.below(64),
        4 => u64::from(u32::MAX),
        5 => u64::from(u32::MAX >> random.below(20)),
        _ => number,
    };
    let mut new = leb128(number);
    if random.one_in(3) {
        // Longer than it must be, or than it may be.
        let length = new.len() + 1 + random.index(5);
        if let Some(last) = new.last_mut() {
            *last |= 0x80;
        }
        new.resize(length - 1, 0x80);
        new.push(0);
    }
    drop(bytes.splice(at..end, new));
}

/// The number in LEB128 at a place, and where it ends.
fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for (i, byte) in bytes.get(at..)?.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(7 * i as u32).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((number, at + i + 1));
        }
    }
    None
}

fn leb128(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    number.encode(&mut bytes);
    bytes
}

/// Length of the magic number and the version.
const HEADER: usize = 8;
const CODE: u8 = 10;

/// A section: its id and its bytes.
type Section = (u8, Vec<u8>);

/// The sections of a module, as far as it has any.
fn sections(bytes: &[u8]) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut at = HEADER;
    while let Some((id, (length, start))) = bytes.get(at).zip(number(bytes, at + 1)) {
        let end = start.saturating_add(length as usize);
        let Some(content) = bytes.get(start..end) else { break };
        sections.push((*id, content.to_vec()));
        at = end;
    }
    sections
}

fn write_sections(bytes: &mut Vec<u8>, sections: &[Section]) {
    bytes.truncate(HEADER);
    for (id, content) in sections {
        bytes.push(*id);
        bytes.extend(leb128(content.len() as u64));
        bytes.extend(content);
    }
}

/// Moves, doubles, drops and replaces whole sections.
fn shuffle_sections(random: &Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let (mut sections, others) = (sections(bytes), self::sections(other));
    if sections.is_empty() || others.is_empty() {
        return damage(random, bytes, other);
    }
    let (at, to) = (random.index(sections.len()), random.index(sections.len()));
    match random.below(6) {
        0 => sections.swap(at, to),
        1 => drop(sections.remove(at)),
        2 => sections.insert(to, sections[at].clone()),
        3 => sections[at].0 = random.below(14) as u8,
        4 => sections.insert(to, random.pick(&others).clone()),
        // In the place of its like, it may even be valid.
        _ => {
            let (id, _) = sections[at];
            if let Some(like) = others.into_iter().find(|(other, _)| *other == id) {
                sections[at] = like;
            }
        }
    }
    write_sections(bytes, &sections);
}

/// Damages a section, and keeps the length of the section right.
fn in_section(random: &Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let mut sections = sections(bytes);
    if sections.is_empty() {
        return damage(random, bytes, other);
    }
    let at = random.index(sections.len());
    damage(random, &mut sections[at].1, other);
    write_sections(bytes, &sections);
}

/// Damages the body of a function, and keeps all lengths right.
fn in_body(random: &Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let mut sections = sections(bytes);
    let Some((_, code)) = sections.iter_mut().find(|(id, _)| *id == CODE) else {
        return in_section(random, bytes, other);
    };
    let Some((count, mut at)) = number(code, 0) else { return };
    let mut bodies = Vec::new();
    while let Some((length, start)) = number(code, at) {
        let Some(body) = code.get(start..start.saturating_add(length as usize)) else { break };
        bodies.push(body.to_vec());
        at = start + body.len();
    }
    if bodies.is_empty() {
        return;
    }
    let body = random.index(bodies.len());
    for _ in 0..1 + random.index(3) {
        damage(random, &mut bodies[body], other);
    }
    *code = leb128(count);
    for body in &bodies {
        code.extend(leb128(body.len() as u64));
        code.extend(body);
    }
    write_sections(bytes, &sections);
}
