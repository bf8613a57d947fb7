//! `bench [page]`: times the timeline stage on the recorded inputs.

use anyhow::{Context, Result, bail};
use std::{fs, io::Write, path::Path};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some("bench") {
        bail!("usage: oracle bench [page]");
    }
    let table = oracle::bench::table()?;
    match arguments.next() {
        Some(path) => {
            let path = Path::new(&path);
            fs::write(path, &table).with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => std::io::stdout().write_all(table.as_bytes())?,
    }
    Ok(())
}
