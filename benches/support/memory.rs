//! What a process occupies, as Linux tells it.

use std::fs;

use anyhow::Context;

/// Mebibytes of memory a process has resident (`VmRSS`).
pub fn resident(process: u32) -> anyhow::Result<f64> {
    status(process, "VmRSS:")
}

/// The most mebibytes it has had resident since it started, or since [`forget_peak`] (`VmHWM`).
pub fn peak(process: u32) -> anyhow::Result<f64> {
    status(process, "VmHWM:")
}

/// Lets the peak begin anew.
pub fn forget_peak(process: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5").context("resetting VmHWM")
}

fn status(process: u32, name: &str) -> anyhow::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kibibytes = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))
        .with_context(|| format!("no {name} of process {process}"))?;
    Ok(kibibytes.trim().parse::<f64>()? / 1024.0)
}
