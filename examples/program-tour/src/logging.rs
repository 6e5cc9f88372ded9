//! The crate `log`, by which libraries say what they do.

use log::{LevelFilter, debug, info};

pub fn run(verbose: bool) {
    l4re::logger::init(if verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Info
    });
    info!("always shown");
    debug!("shown by --verbose");
}
