//! The logger of the crate `log`: what libraries tell goes to the program's log.

use log::{LevelFilter, Log, Metadata, Record};

struct Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            crate::println!("{} {}: {}", record.level(), record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Has the macros of the crate `log` print to the program's log, a line each: level, module and
/// text, of levels up to `level`. Called again, it changes the level. A logger that somebody
/// else has set stays.
///
/// ```
/// l4re::logger::init(log::LevelFilter::Info);
/// log::info!("it runs");
/// ```
pub fn init(level: LevelFilter) {
    let _ = log::set_logger(&Logger);
    log::set_max_level(level);
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Level;

    #[test]
    fn levels_are_heeded() {
        init(LevelFilter::Info);
        let enabled = |level| Logger.enabled(&Metadata::builder().level(level).build());
        assert!(enabled(Level::Error) && enabled(Level::Info));
        assert!(!enabled(Level::Debug));
        init(LevelFilter::Trace);
        assert!(enabled(Level::Trace));
    }
}
