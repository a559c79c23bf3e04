//! The `parqlet` command.
fn main() {}
