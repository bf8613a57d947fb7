//! Numbers that are always the same for the same prompt.

use contracts::Sha256;

/// A small generator whose numbers depend on its seed alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// Seeded by parts, which are kept apart: `("ab", "c")` is not `("a", "bc")`.
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(first_word(&bytes))
    }
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    /// Below `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
    /// From 0 to less than 1.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    /// One that is normally distributed around 0 with the deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.fraction().max(f64::MIN_POSITIVE).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.fraction()).cos()
    }
    pub(super) fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// The first eight bytes of a digest as a number.
pub(super) fn first_word(bytes: &[u8]) -> u64 {
    let digest = Sha256::of(bytes).to_string();
    u64::from_str_radix(&digest[..16], 16).unwrap()
}

const WORDS: [&str; 32] = [
    "team", "growth", "founder", "market", "signal", "brand", "video", "scene", "pace", "reach",
    "hiring", "budget", "steady", "early", "clear", "small", "local", "direct", "manual", "weekly",
    "lead", "buyer", "plan", "channel", "content", "system", "result", "effort", "change",
    "launch", "focus", "need",
];

/// Some words, from `least` to `most`.
pub(super) fn words(random: &mut Random, least: u64, most: u64) -> String {
    let count = least + random.below(most.saturating_sub(least) + 1);
    let words: Vec<&str> = (0..count).map(|_| random.pick(&WORDS)).collect();
    words.join(" ")
}
