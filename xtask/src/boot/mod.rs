//! What a program is booted on: whose kernel, and whose servers.

mod ours;
mod tree;

use anyhow::Result;

use crate::build::{self, Embedded};
use crate::cli::{GroundArgs, Kernel, RootTask};
use crate::elf;
use crate::qemu::Image;
use crate::setup::Setup;
use crate::symbols::Symbols;
use crate::sysroot;
use crate::system::System;
use crate::workspace::{StackSize, Workspace};
use tree::Tree;

pub use tree::program_of_tree;

/// A kernel and what runs directly on it.
#[derive(Clone, Debug)]
pub enum Ground {
    /// Our kernel, our root task.
    Embedded(Embedded),
    /// Our kernel, L4Re's sigma0, moe and ned.
    OurKernel(Embedded, Tree),
    /// Fiasco, L4Re's sigma0, our root task.
    OurRootTask(Embedded, Tree),
    /// Fiasco, L4Re's sigma0, moe and ned.
    L4re(Tree),
}

impl Ground {
    /// What the command line asks for: found in an L4Re tree, or built now.
    pub fn prepare(ws: &Workspace, setup: &Setup, args: &GroundArgs) -> Result<Ground> {
        let embedded = || {
            sysroot::ensure(ws, setup)?;
            build::embedded(ws, setup, args.build())
        };
        let Some(dir) = &args.l4re else {
            return Ok(Ground::Embedded(embedded()?));
        };
        let tree = || Tree::find(dir, args.fiasco.as_deref(), args.kernel == Kernel::Fiasco);
        Ok(match (args.kernel, args.root_task) {
            (Kernel::Ours, RootTask::Ours) => Ground::Embedded(embedded()?),
            (Kernel::Ours, RootTask::L4re) => Ground::OurKernel(embedded()?, tree()?),
            (Kernel::Fiasco, RootTask::Ours) => Ground::OurRootTask(embedded()?, tree()?),
            (Kernel::Fiasco, RootTask::L4re) => Ground::L4re(tree()?),
        })
    }

    /// The machine's memory in bytes unless the user says otherwise. L4Re's bootstrap
    /// puts modules above 256 MiB.
    pub fn default_memory(&self) -> u64 {
        match self {
            Ground::Embedded(_) => 256 << 20,
            _ => 512 << 20,
        }
    }

    /// Whether ned tells how programs end; it stays when they have.
    pub fn has_ned(&self) -> bool {
        matches!(self, Ground::L4re(_) | Ground::OurKernel(..))
    }

    /// Whether the kernel's debugger draws on the terminal.
    pub fn has_debugger(&self) -> bool {
        matches!(self, Ground::L4re(_) | Ground::OurRootTask(..))
    }

    /// Everything that QEMU is to load.
    pub fn image(&self, system: &System, colour: bool, symbols: &mut Symbols) -> Result<Image> {
        let mut image = match self {
            Ground::Embedded(embedded) | Ground::OurKernel(embedded, _) => {
                ours::kernel(embedded, self.has_ned(), symbols)?
            }
            Ground::OurRootTask(_, tree) | Ground::L4re(tree) => tree.fiasco()?,
        };
        match self {
            Ground::Embedded(embedded) => {
                ours::root_task(&mut image, embedded, system, colour, symbols)?;
            }
            Ground::OurRootTask(embedded, tree) => {
                tree.sigma0(&mut image)?;
                ours::root_task(&mut image, embedded, system, colour, symbols)?;
            }
            Ground::OurKernel(_, tree) | Ground::L4re(tree) => {
                tree.sigma0(&mut image)?;
                tree.servers(&mut image, system)?;
            }
        }
        for program in &system.programs {
            match program.stack_size {
                None => image.add_file(&program.module, &program.elf, "")?,
                Some(StackSize(size)) => {
                    image.add_bytes(&program.module, || elf::with_stack(&program.elf, size))?;
                }
            }
            symbols.add(&program.name, &program.elf);
        }
        for (module, file) in &system.files {
            image.add_file(module, file, "")?;
        }
        Ok(image)
    }
}
