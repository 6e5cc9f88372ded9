//! Our kernel and our root task.

use anyhow::Result;

use crate::build::Embedded;
use crate::line;
use crate::plan;
use crate::qemu::Image;
use crate::symbols::Symbols;
use crate::system::System;

/// An image with our kernel; `with_sigma0` if its first module is a sigma0.
pub fn kernel(embedded: &Embedded, with_sigma0: bool, symbols: &mut Symbols) -> Result<Image> {
    symbols.add(line::KERNEL, &embedded.kernel);
    Image::new(&embedded.kernel, if with_sigma0 { "-sigma0" } else { "" })
}

/// Adds our root task and its plan.
pub fn root_task(
    image: &mut Image,
    embedded: &Embedded,
    system: &System,
    colour: bool,
    symbols: &mut Symbols,
) -> Result<()> {
    image.add_file("root-task", &embedded.root_task, "")?;
    symbols.add(line::ROOT, &embedded.root_task);
    image.add_text(plan::MODULE, &plan::write(system, colour)?)
}
