//! What a process and all that it started occupy together.

use std::fs;

use anyhow::Context;

/// Mebibytes resident in a process and its descendants. A page that several share counts once
/// (`Pss`).
pub fn resident(process: u32) -> anyhow::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let kibibytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB"))
        .with_context(|| format!("no Pss of process {process}"))?;
    let mut sum = kibibytes.trim().parse::<f64>()? / 1024.0;
    for child in children(process)? {
        sum += resident(child)?;
    }
    Ok(sum)
}

fn children(process: u32) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        for child in fs::read_to_string(thread?.path().join("children"))?.split_whitespace() {
            children.push(child.parse()?);
        }
    }
    Ok(children)
}
