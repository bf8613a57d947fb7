//! Which frames are kept: for each wished time the nearest frame, and always the last one.

/// Chooses frames by time while they pass by, looking back one frame.
pub struct Chooser<I: Iterator> {
    targets: std::iter::Peekable<I>,
    previous: Option<Seen>,
    always_last: bool,
}

#[derive(Clone, Copy)]
struct Seen {
    time: u64,
    chosen: bool,
}

/// Which of two neighbouring frames are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// The frame offered before; it was not chosen until now.
    pub previous: bool,
    /// The frame offered now.
    pub current: bool,
}

impl<I: Iterator<Item = u64>> Chooser<I> {
    /// A chooser for rising wished times in nanoseconds. With `always_last` the last frame is
    /// kept too, else only if nothing was.
    pub fn new(targets: I, always_last: bool) -> Self {
        Self {
            targets: targets.peekable(),
            previous: None,
            always_last,
        }
    }

    /// Takes the next frame, at `time` nanoseconds, and decides on what lies before it. Of two
    /// frames equally near the earlier one is taken.
    pub fn offer(&mut self, time: u64) -> Choice {
        let mut choice = Choice::default();
        while let Some(target) = self.targets.next_if(|target| *target <= time) {
            match self.previous {
                Some(previous) if target.saturating_sub(previous.time) <= time - target => {
                    choice.previous |= !previous.chosen;
                }
                _ => choice.current = true,
            }
        }
        self.previous = Some(Seen {
            time,
            chosen: choice.current,
        });
        choice
    }

    /// Whether the last frame offered is to be kept although it has not been chosen. `kept` is
    /// how many were kept so far.
    pub fn finish(self, kept: u64) -> bool {
        let unchosen = self.previous.is_some_and(|last| !last.chosen);
        unchosen && (self.always_last || kept == 0)
    }
}

/// Wished times `k / rate` for every `k`, in nanoseconds.
pub fn at_rate(per_second: u32) -> impl Iterator<Item = u64> {
    let rate = u64::from(per_second.max(1));
    (0..u64::MAX / 1_000_000_000).map(move |k| k * 1_000_000_000 / rate)
}

/// `count` wished times in the middles of as many equal parts of a duration in nanoseconds.
pub fn evenly(count: u32, duration: u64) -> impl Iterator<Item = u64> {
    let parts = 2 * u128::from(count.max(1));
    (0..u128::from(count)).map(move |i| ((2 * i + 1) * u128::from(duration) / parts) as u64)
}
