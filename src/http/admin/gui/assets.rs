//! What the pages need beside themselves, served from the binary. A file's name has the hash of its
//! content in it, so browsers may keep it for good and never show an old one.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Path, ServiceConfig};

use crate::audit::sha256_hex;
use crate::http::error::Problem;

/// One file.
pub struct Asset {
    name: &'static str,
    ending: &'static str,
    kind: &'static str,
    content: &'static str,
}

/// The style sheet.
pub static STYLE: Asset = Asset {
    name: "admin",
    ending: "css",
    kind: "text/css; charset=utf-8",
    content: include_str!("../../../../templates/admin/admin.css"),
};

/// The script, without which everything works too.
pub static SCRIPT: Asset = Asset {
    name: "admin",
    ending: "js",
    kind: "text/javascript; charset=utf-8",
    content: include_str!("../../../../templates/admin/admin.js"),
};

/// The icon of the browser's tab.
pub static ICON: Asset = Asset {
    name: "icon",
    ending: "svg",
    kind: "image/svg+xml",
    content: include_str!("../../../../templates/admin/icon.svg"),
};

static ASSETS: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = ASSETS.iter().map(|asset| {
        let hash = sha256_hex(asset.content.as_bytes());
        let short = hash.get(..16).unwrap_or_default();
        format!("{}.{short}.{}", asset.name, asset.ending)
    });
    names.collect()
});

impl Asset {
    /// Where it is served.
    pub fn path(&'static self) -> String {
        let named = ASSETS.iter().zip(NAMES.iter());
        let mut own = named.filter(|(asset, _)| std::ptr::eq(**asset, self));
        let name = own.next().map_or("", |(_, name)| name.as_str());
        format!("/admin/assets/{name}")
    }
}

/// The route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/assets/{name}").route(web::get().to(get)));
}

async fn get(name: Path<String>) -> Result<HttpResponse, Problem> {
    let named = ASSETS.iter().zip(NAMES.iter());
    let mut wanted = named.filter(|(_, known)| **known == *name);
    let Some((asset, _)) = wanted.next() else {
        let detail = "There is no such file.";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.kind))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.content))
}
