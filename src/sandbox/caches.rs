//! Which directories hold nothing but what a tool can make again.

use std::path::{Path, PathBuf};

/// Directories of these names hold caches wherever they are.
const NAMES: &[&str] =
    &["__pycache__", ".mypy_cache", ".ruff_cache", ".swc", ".turbo", ".parcel-cache", "go-build"];

/// Below the home, or anywhere: the end of a path that holds caches.
const ENDS: &[&str] = &[
    "node_modules/.cache",
    "node_modules/.vite",
    ".next/cache",
    ".npm/_cacache",
    ".cache/uv",
    ".cache/deno",
    ".cargo/registry",
    ".gradle/caches",
];

/// True for a cache directory; `lowers` are the same directory in the layers below, where the mark
/// is of a build directory that was only added to.
pub(super) fn is_cache(path: &Path, lowers: &[PathBuf]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    NAMES.contains(&name)
        || ENDS.iter().any(|end| path.ends_with(end))
        || is_build(path)
        || lowers.iter().any(|lower| is_build(lower))
}

/// True for a build directory as Cargo marks it; "target" alone may be a source directory.
pub(super) fn is_build(dir: &Path) -> bool {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or("");
    // pytest's cache is marked too, but it decides which tests run first.
    name != ".pytest_cache"
        && (dir.join("CACHEDIR.TAG").is_file() || dir.join(".rustc_info.json").is_file())
}
