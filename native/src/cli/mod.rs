//! The command line's face: arguments in, text, JSON and files out. Only `commands` opens a URL.

pub(crate) mod args;
pub(crate) mod commands;
pub(crate) mod files;
pub(crate) mod grid;
pub(crate) mod info;
pub(crate) mod output;
pub(crate) mod parse;
pub(crate) mod plan;
pub(crate) mod progress;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod screen;
pub(crate) mod size;
pub(crate) mod table;
pub(crate) mod temporal;
pub(crate) mod types;
pub(crate) mod value;
