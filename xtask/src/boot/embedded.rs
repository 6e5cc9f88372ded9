//! Our own kernel and root task.

use anyhow::Result;

use crate::build::Embedded;
use crate::line;
use crate::plan;
use crate::qemu::Image;
use crate::symbols::Symbols;
use crate::system::System;

/// Kernel, root task, plan and programs, as QEMU's boot loader takes them.
pub fn image(
    embedded: &Embedded,
    system: &System,
    colour: bool,
    symbols: &mut Symbols,
) -> Result<Image> {
    let mut image = Image::new(&embedded.kernel, "")?;
    image.add_file("root-task", &embedded.root_task, "")?;
    image.add_text(plan::MODULE, &plan::write(system, colour)?)?;
    symbols.add(line::KERNEL, &embedded.kernel);
    symbols.add(line::ROOT, &embedded.root_task);
    for program in &system.programs {
        image.add_file(&program.module, &program.elf, "")?;
        symbols.add(&program.name, &program.elf);
    }
    Ok(image)
}
