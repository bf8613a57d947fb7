//! Tokens, and what Claude's prompt cache makes of them.

use super::random::first_word;
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

/// What a character weighs that is not ASCII.
const WIDE: usize = 2;
/// How far back from a breakpoint a cached beginning is looked for, in blocks.
const LOOK_BACK: usize = 20;

/// The pieces that a model reads or writes; `width` is how many letters one has.
pub(super) fn pieces(text: &str, width: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut weight = 0;
        let mut end = rest.len();
        for (at, character) in rest.char_indices() {
            if weight >= width {
                end = at;
                break;
            }
            weight += if character.is_ascii() { 1 } else { WIDE };
        }
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// How many tokens a text has.
pub(super) fn tokens(text: &str, width: usize) -> u64 {
    pieces(text, width).count() as u64
}

/// How long a beginning of a prompt stays cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifetime {
    FiveMinutes,
    OneHour,
}

impl Lifetime {
    const fn time(self) -> Duration {
        match self {
            Self::FiveMinutes => Duration::from_secs(300),
            Self::OneHour => Duration::from_secs(3600),
        }
    }
}

/// A part of a prompt that a breakpoint can stand behind.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// All of it, as it came.
    pub(super) source: String,
    pub(super) tokens: u64,
    pub(super) breakpoint: Option<Lifetime>,
}

/// The tokens of a prompt, by what they cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) plain: u64,
    pub(super) written_5m: u64,
    pub(super) written_1h: u64,
    pub(super) read: u64,
}

impl Input {
    pub(super) const fn all(self) -> u64 {
        self.plain + self.written_5m + self.written_1h + self.read
    }
}

/// What is to be cached as soon as the answer begins.
pub(super) type Writes = Vec<(u64, Lifetime, SystemTime)>;

/// Beginnings of prompts that were seen before.
#[derive(Debug, Default)]
pub(super) struct PromptCache {
    entries: HashMap<u64, (Lifetime, SystemTime)>,
}

impl PromptCache {
    /// The price of a prompt whose request begins `now`, and what it will leave in the cache.
    /// `salt` is everything besides the blocks that beginnings must have in common.
    pub(super) fn account(
        &mut self,
        salt: &str,
        blocks: &[Block],
        least: u64,
        now: SystemTime,
    ) -> (Input, Writes) {
        self.entries.retain(|_, (_, until)| *until > now);
        let (keys, sums) = beginnings(salt, blocks);
        let total = sums.last().copied().unwrap_or_default();
        let breakpoints: Vec<(usize, Lifetime)> = blocks
            .iter()
            .enumerate()
            .filter_map(|(at, block)| Some((at, block.breakpoint?)))
            .filter(|(at, _)| sums[*at] >= least)
            .collect();
        let found = breakpoints.iter().rev().find_map(|(at, _)| {
            let mut back = (at.saturating_sub(LOOK_BACK - 1)..=*at).rev();
            back.find(|at| self.entries.contains_key(&keys[*at]))
        });
        let mut input = Input {
            read: found.map_or(0, |at| sums[at]),
            ..Input::default()
        };
        let mut writes = Writes::new();
        if let Some(at) = found {
            let lifetime = self.entries[&keys[at]].0;
            writes.push((keys[at], lifetime, now + lifetime.time()));
        }
        let mut until = input.read;
        for (at, lifetime) in breakpoints {
            if found.is_some_and(|found| at <= found) {
                continue;
            }
            match lifetime {
                Lifetime::FiveMinutes => input.written_5m += sums[at] - until,
                Lifetime::OneHour => input.written_1h += sums[at] - until,
            }
            until = sums[at];
            writes.push((keys[at], lifetime, now + lifetime.time()));
        }
        input.plain = total - until;
        (input, writes)
    }

    pub(super) fn write(&mut self, writes: Writes) {
        for (key, lifetime, until) in writes {
            self.entries.insert(key, (lifetime, until));
        }
    }
}

/// For every block the key and the tokens of the beginning that it ends.
fn beginnings(salt: &str, blocks: &[Block]) -> (Vec<u64>, Vec<u64>) {
    let mut key = first_word(salt.as_bytes());
    let mut sum = 0;
    let step = |block: &Block| {
        key = first_word(format!("{key:016x}{}", block.source).as_bytes());
        sum += block.tokens;
        (key, sum)
    };
    blocks.iter().map(step).unzip()
}
