//! The command line's face: arguments in, text, JSON and files out. No part here opens a URL.

pub(crate) mod args;
pub(crate) mod output;
pub(crate) mod parse;
pub(crate) mod screen;
pub(crate) mod size;
pub(crate) mod temporal;
pub(crate) mod value;
