//! `l4/sys/arch/`: what is amd64's own.

mod cache;
mod utcb;
