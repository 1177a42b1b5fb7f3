//! The records of an archive, read from its first byte to its last as APPNOTE 4.3
//! has them: a second opinion beside the crate's own reader.

use std::fs::File;
use std::os::unix::fs::FileExt;

use camino::Utf8Path;

/// What stands in a local record.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) name: String,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u32,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
}

/// The local records, which must follow each other without a gap, up to the
/// central directory.
pub(crate) fn locals(war: &Utf8Path) -> Vec<Local> {
    let file = fs_err::File::open(war).expect("open").into_parts().0;
    let mut at = 0;
    let mut all = Vec::new();
    loop {
        let fixed = bytes(&file, at, 30);
        if number(&fixed, 0, 4) == 0x0201_4b50 {
            return all;
        }
        assert_eq!(number(&fixed, 0, 4), 0x0403_4b50, "no record at {at}");
        let (name, extra) = (number(&fixed, 26, 2), number(&fixed, 28, 2));
        let more = bytes(&file, at + 30, name + extra);
        let (text, extras) = more.split_at(usize::try_from(name).expect("16 bits"));
        let (mut compressed, mut size) = (number(&fixed, 18, 4), number(&fixed, 22, 4));
        if extra > 0 {
            assert_eq!(
                number(extras, 0, 4),
                0x0010_0001,
                "another field than zip64's"
            );
            (size, compressed) = (number(extras, 4, 8), number(extras, 12, 8));
        }
        at += 30 + name + extra + compressed;
        all.push(Local {
            name: String::from_utf8(text.to_vec()).expect("UTF-8"),
            flags: u16::try_from(number(&fixed, 6, 2)).expect("16 bits"),
            method: u16::try_from(number(&fixed, 8, 2)).expect("16 bits"),
            time: u32::try_from(number(&fixed, 10, 4)).expect("32 bits"),
            compressed,
            size,
        });
    }
}

fn bytes(file: &File, at: u64, length: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(length).expect("small")];
    file.read_exact_at(&mut bytes, at).expect("within the file");
    bytes
}

fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let field = &bytes[at..at + length];
    field
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
