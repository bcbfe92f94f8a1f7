//! The machine itself, and how it is reached.

use std::path::Path;

use super::super::context::base_address;
use super::check::Check;
use crate::config::{DatabaseUrl, Settings};

const MIB: u64 = 1024 * 1024;
/// Below this, in bytes, somebody should look.
const LOW: u64 = 1024 * MIB;
/// Below this, in bytes, the audit log will soon stop everything.
const TOO_LOW: u64 = 100 * MIB;

/// Outside a developer's machine tokens must travel encrypted.
pub fn issuer(settings: &Settings) -> Check {
    const CHECK: &str = "issuer";
    let issuer = base_address(settings);
    let environment = &settings.server.environment;
    if environment.is_local() || issuer.starts_with("https://") {
        return Check::ok(CHECK, format!("{issuer} ({environment})"));
    }
    let advice = "Set AMBIT_ISSUER to the https:// address that others reach this server under.";
    Check::warning(
        CHECK,
        format!("{issuer} is not encrypted ({environment})"),
        advice,
    )
}

/// Free space where an embedded database lies.
pub fn disk(settings: &Settings) -> Check {
    const CHECK: &str = "disk";
    let DatabaseUrl::Sqlite(database) = &settings.database.url else {
        return Check::ok(CHECK, "the database server keeps the data");
    };
    let folder = nearest_that_exists(database);
    match rustix::fs::statvfs(folder) {
        Ok(disk) => judge_disk(disk.f_bavail.saturating_mul(disk.f_frsize), folder),
        Err(error) => {
            let detail = format!("{}: {error}", folder.display());
            Check::problem(
                CHECK,
                detail,
                "Check that the folder of the database can be reached.",
            )
        }
    }
}

fn judge_disk(free: u64, folder: &Path) -> Check {
    let detail = format!("{} MiB are free in {}", free / MIB, folder.display());
    let advice = "Make room: without it nothing can be recorded, so nothing will be answered.";
    if free < TOO_LOW {
        Check::problem("disk", detail, advice)
    } else if free < LOW {
        Check::warning("disk", detail, advice)
    } else {
        Check::ok("disk", detail)
    }
}

/// The folder that the first start would begin to make folders in.
fn nearest_that_exists(database: &Path) -> &Path {
    let mut ancestors = database.ancestors().skip(1);
    let named = |folder: &&Path| *folder != Path::new("") && folder.exists();
    ancestors.find(named).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::super::check::Status;
    use super::*;

    #[test]
    fn room_is_judged() {
        let status = |free| judge_disk(free, Path::new(".")).status;
        assert_eq!(status(TOO_LOW - 1), Status::Problem);
        assert_eq!(status(TOO_LOW), Status::Warning);
        assert_eq!(status(LOW - 1), Status::Warning);
        assert_eq!(status(LOW), Status::Ok);
    }

    #[test]
    fn folders_need_not_exist_yet() {
        assert_eq!(nearest_that_exists(Path::new("ambit.db")), Path::new("."));
        assert_eq!(
            nearest_that_exists(Path::new("no/such/ambit.db")),
            Path::new(".")
        );
        assert_eq!(
            nearest_that_exists(Path::new("/no/such/ambit.db")),
            Path::new("/")
        );
    }
}
