//! The figures as a page for people.

use crate::Agreement;
use std::fmt::Write;

/// One line of a table: the film, what we find and what PySceneDetect finds of what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The film.
    pub name: String,
    /// What this program finds.
    pub ours: Agreement,
    /// What PySceneDetect finds.
    pub theirs: Agreement,
}

/// Markdown: made films, then real ones.
#[must_use]
pub fn page(made: &[Row], real: &[Row]) -> String {
    let mut page = String::from(HEAD);
    table(&mut page, made);
    page.push_str(MIDDLE);
    table(&mut page, real);
    page.push_str(FOOT);
    page
}

fn table(page: &mut String, rows: &[Row]) {
    page.push_str(COLUMNS);
    let (mut ours, mut theirs) = (Agreement::default(), Agreement::default());
    for row in rows {
        line(page, &row.name, row.ours, row.theirs);
        ours += row.ours;
        theirs += row.theirs;
    }
    line(page, "**all**", ours, theirs);
}

fn line(page: &mut String, name: &str, ours: Agreement, theirs: Agreement) {
    let _ = writeln!(
        page,
        "| {name} | {} | {} | {} | {:.3} | {} | {} | {:.3} |",
        ours.expected,
        ours.agreed,
        ours.found,
        ours.f1(),
        theirs.agreed,
        theirs.found,
        theirs.f1(),
    );
}

const COLUMNS: &str = "\
| film | boundaries | ours, right | ours, all | F1 | PySceneDetect, right | PySceneDetect, all | F1 |
|---|---|---|---|---|---|---|---|
";

const HEAD: &str = "# Shots

Boundaries found on the real decode path with default settings, beside those of PySceneDetect 0.6.7
(`AdaptiveDetector`, its defaults but for the same shortest shot). F1 is the harmonic mean of
precision and recall; of a film without boundaries it is 1 if none is found, else 0. Written by
`cargo run --release -p shots-agreement -- docs/accuracy/shots.md`.

## Made films

Nine parts of two seconds, out of the four films that `make setup` fetches, cut together by ffmpeg.
A cut must be found to the frame, a dissolve or fade anywhere within its extent.

";

const MIDDLE: &str = "
## Real films

The demo clip has five cuts, which `deploy/setup/demo-clip.sh` made. The others were taken in one go
and have none.

";

const FOOT: &str = "
PySceneDetect's detector looks for hard cuts only; what it misses of dissolves and fades is no fault
of it.

Poor: dissolves while the camera shakes, all of which are missed rather than guessed, since the motion
hides the steady change that a dissolve is told by; and jump cuts between nearly equal pictures, of
which one in four is missed, as by PySceneDetect. A trained network such as TransNetV2 would help
with both, at the cost of looking at every frame. Night scenes are not among these films.
";
