//! gzip without a time or a name in it (RFC 1952).

use std::io::Write;

use flate2::Compression;
use flate2::GzBuilder;

pub(crate) fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut packer = GzBuilder::new().write(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}
