//! Changes beneath an encoding, where a byte means something. libFuzzer's own mutations rarely get
//! through percent-encoding or Base64.

use libfuzzer_sys::fuzzer_mutate;

/// How much longer one change may make a text, in bytes.
const GROWTH: usize = 128;

/// The choices of one mutation, all drawn from the seed that libFuzzer gives.
pub struct Choices(pub u32);

impl Choices {
    /// A number below `options`; 0 if there are none.
    pub fn below(&mut self, options: usize) -> usize {
        let options = u32::try_from(options).unwrap_or(u32::MAX).max(1);
        let chosen = self.0 % options;
        self.0 /= options;
        usize::try_from(chosen).unwrap_or(0)
    }
}

/// What libFuzzer makes of some bytes.
pub fn mutate(bytes: &[u8]) -> Vec<u8> {
    let mut mutated = bytes.to_vec();
    mutated.resize(bytes.len() + GROWTH, 0);
    let most = mutated.len();
    let size = fuzzer_mutate(&mut mutated, bytes.len(), most);
    mutated.truncate(size);
    mutated
}

/// Hands a mutation over to libFuzzer: the size of what now stands in `data`. One that does not fit
/// is cut off.
pub fn put(data: &mut [u8], mutated: &[u8], max_size: usize) -> usize {
    let size = mutated.len().min(max_size);
    data[..size].copy_from_slice(&mutated[..size]);
    size
}
