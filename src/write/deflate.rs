//! Deflates one piece of content. The same piece gives the same bytes on every
//! machine and thread: zlib-rs looks at no feature of the processor that would
//! change them.

use flate2::{Compress, Compression, FlushCompress, Status};

/// Content is deflated in pieces of this length, each by whatever thread is free.
/// A piece knows the 32 KiB before it, so that the cut costs nearly nothing.
pub(super) const PIECE: usize = 512 << 10;

/// How far back a match may lie (RFC 1951 §3.2.5).
pub(super) const WINDOW: usize = 32 << 10;

/// Level 5: one part in 400 larger than 6, and a sixth faster; 4 is larger by one
/// part in 50 (docs/decisions/0006-packing.md).
const LEVEL: u32 = 5;

/// What the sample is deflated with: it only has to tell text from noise.
const SAMPLE_LEVEL: u32 = 1;
const SAMPLE: usize = 16 << 10;

/// Deflates; kept by a thread, since it has 270 KiB of state.
pub(super) struct Deflater {
    compress: Compress,
    sampler: Compress,
}

impl Deflater {
    pub(super) fn new() -> Self {
        Self {
            compress: Compress::new(Compression::new(LEVEL), false),
            sampler: Compress::new(Compression::new(SAMPLE_LEVEL), false),
        }
    }

    /// Deflates `content[start..]`; what stands before `start` is only referred
    /// to. The `last` piece ends the stream, the others end at a byte.
    pub(super) fn piece(
        &mut self,
        content: &[u8],
        start: usize,
        last: bool,
    ) -> std::io::Result<Vec<u8>> {
        self.compress.reset();
        if start > 0 {
            let dictionary = &content[start.saturating_sub(WINDOW)..start];
            self.compress
                .set_dictionary(dictionary)
                .map_err(std::io::Error::other)?;
        }
        let flush = if last {
            FlushCompress::Finish
        } else {
            FlushCompress::Sync
        };
        run(&mut self.compress, &content[start..], flush)
    }

    /// Whether deflating `content` would gain something, by a sample of its
    /// start, middle and end. Names tell little: there are stored PNGs and
    /// `.dat` files full of JPEG.
    pub(super) fn is_worth_it(&mut self, content: &[u8]) -> std::io::Result<bool> {
        let samples = sample_places(content.len() as u64);
        let mut packed = 0;
        let mut plain = 0;
        for place in samples {
            let start = usize::try_from(place).unwrap_or_default();
            let sample = &content[start..content.len().min(start + SAMPLE)];
            packed += self.sample(sample)?;
            plain += sample.len();
        }
        Ok(gains(packed, plain))
    }

    /// As [`Deflater::is_worth_it`], for a content that is read by `read`, which
    /// gets a place and a length.
    pub(super) fn is_file_worth_it(
        &mut self,
        size: u64,
        mut read: impl FnMut(u64, usize) -> std::io::Result<Vec<u8>>,
    ) -> std::io::Result<bool> {
        let mut packed = 0;
        let mut plain = 0;
        for place in sample_places(size) {
            let sample = read(place, SAMPLE)?;
            packed += self.sample(&sample)?;
            plain += sample.len();
        }
        Ok(gains(packed, plain))
    }

    fn sample(&mut self, sample: &[u8]) -> std::io::Result<usize> {
        self.sampler.reset();
        Ok(run(&mut self.sampler, sample, FlushCompress::Finish)?.len())
    }
}

/// Start, middle and end.
fn sample_places(size: u64) -> Vec<u64> {
    let last = size.saturating_sub(SAMPLE as u64);
    let mut places = vec![0, last / 2, last];
    places.dedup();
    places
}

/// One part in 32 must go, or the container inflates for nothing.
pub(super) fn gains(packed: usize, plain: usize) -> bool {
    packed + plain / 32 < plain
}

fn run(compress: &mut Compress, content: &[u8], flush: FlushCompress) -> std::io::Result<Vec<u8>> {
    // Noise grows by five bytes a block; a second round of the loop is the exception.
    let mut out = Vec::with_capacity(content.len() / 2 + 256);
    let before = compress.total_in();
    loop {
        let taken = usize::try_from(compress.total_in() - before).unwrap_or(content.len());
        let status = compress
            .compress_vec(&content[taken..], &mut out, flush)
            .map_err(std::io::Error::other)?;
        let all = compress.total_in() - before == content.len() as u64;
        let is_done = match flush {
            FlushCompress::Finish => status == Status::StreamEnd,
            // Room left over means that nothing is pending.
            _ => all && out.len() < out.capacity(),
        };
        if is_done {
            return Ok(out);
        }
        out.reserve(content.len() / 4 + 4096);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn text() -> Vec<u8> {
        (0..400_000_u32)
            .flat_map(|number| format!("line {} of a text\n", number % 977).into_bytes())
            .collect()
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                u8::try_from(state >> 56).expect("a byte")
            })
            .collect()
    }

    #[test]
    fn pieces_make_one_stream_hardly_longer_than_the_whole() {
        let content = text();
        let mut deflater = Deflater::new();
        let whole = deflater.piece(&content, 0, true).expect("deflated").len();
        let mut stream = Vec::new();
        let mut at = 0;
        while at < content.len() {
            let end = content.len().min(at + PIECE);
            let piece = deflater.piece(&content[..end], at, end == content.len());
            stream.extend(piece.expect("deflated"));
            at = end;
        }
        let mut plain = Vec::new();
        flate2::read::DeflateDecoder::new(&stream[..])
            .read_to_end(&mut plain)
            .expect("inflated");
        assert!(plain == content, "the stream holds another content");
        assert!(
            stream.len() < whole + whole / 50 + 4000,
            "{} {whole}",
            stream.len()
        );
    }

    #[test]
    fn noise_comes_out_as_well() {
        let content = noise(100_000);
        let packed = Deflater::new().piece(&content, 0, true).expect("deflated");
        let mut plain = Vec::new();
        flate2::read::DeflateDecoder::new(&packed[..])
            .read_to_end(&mut plain)
            .expect("inflated");
        assert!(plain == content);
    }

    #[test]
    fn a_sample_tells_noise_from_text() {
        let mut deflater = Deflater::new();
        assert!(deflater.is_worth_it(&text()).expect("sampled"));
        assert!(!deflater.is_worth_it(&noise(200_000)).expect("sampled"));
        assert!(deflater.is_worth_it(b"").is_ok());
    }
}
