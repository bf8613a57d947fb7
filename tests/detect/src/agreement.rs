//! How two sides that look at one picture agree.

/// One detection of either side.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Number of its class, 0–79.
    pub class: usize,
    /// Confidence, 0–1.
    pub score: f64,
    /// Left, top, right and bottom, in pixels of the picture.
    pub edges: [f64; 4],
}

impl Seen {
    /// Intersection over union.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f64 {
        let ([a, b, c, d], [e, f, g, h]) = (self.edges, other.edges);
        let shared = (c.min(g) - a.max(e)).max(0.0) * (d.min(h) - b.max(f)).max(0.0);
        shared / ((c - a) * (d - b) + (g - e) * (h - f) - shared)
    }

    /// Largest distance of two edges, in pixels.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f64 {
        let pairs = self.edges.iter().zip(other.edges);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }
}

/// Least intersection over union of two detections of one thing.
const SAME: f64 = 0.5;

/// How two sides agree on some pictures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agreement {
    /// Largest distance of two edges of each pair, in pixels.
    pub distances: Vec<f64>,
    /// Difference of the scores of each pair.
    pub scores: Vec<f64>,
    /// Scores of what only one side sees.
    pub alone: Vec<f64>,
}

impl Agreement {
    /// Adds what is known of another picture.
    pub fn extend(&mut self, other: Self) {
        self.distances.extend(other.distances);
        self.scores.extend(other.scores);
        self.alone.extend(other.alone);
    }
}

/// Pairs the detections of two sides, the most confident first, each with the one of its class that
/// it overlaps most.
#[must_use]
pub fn agreement(ours: &[Seen], theirs: &[Seen]) -> Agreement {
    let mut found = Agreement::default();
    let mut left: Vec<&Seen> = theirs.iter().collect();
    let mut sorted: Vec<&Seen> = ours.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    for one in sorted {
        let alike = left
            .iter()
            .enumerate()
            .filter(|(_, other)| other.class == one.class && other.overlap(one) >= SAME);
        let best = alike.max_by(|a, b| a.1.overlap(one).total_cmp(&b.1.overlap(one)));
        if let Some(at) = best.map(|(at, _)| at) {
            let other = left.remove(at);
            found.distances.push(one.distance(other));
            found.scores.push((one.score - other.score).abs());
        } else {
            found.alone.push(one.score);
        }
    }
    found.alone.extend(left.iter().map(|other| other.score));
    found
}
