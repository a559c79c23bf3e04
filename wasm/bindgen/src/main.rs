//! `parqlet-bindgen MODULE FOLDER`: writes `parqlet_bg.wasm` and its bindings, `parqlet.js`, a plain script.

use anyhow::{Result, bail};
use walrus::{Module, passes};
use wasm_bindgen_cli_support::Bindgen;

/// The C library that zstd is compiled against: exported by mistake, and kept whole for that.
const C_LIBRARY: &str = "rust_zstd_wasm_shim_";

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        bail!("usage: parqlet-bindgen MODULE FOLDER");
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("parqlet").no_modules(true)?.typescript(false);
    let mut output = bindgen.generate_output()?;
    trim(output.wasm_mut());
    output.emit(folder)
}

fn trim(module: &mut Module) {
    let mistakes: Vec<_> =
        module.exports.iter().filter(|export| export.name.starts_with(C_LIBRARY)).map(|export| export.id()).collect();
    for id in mistakes {
        module.exports.delete(id);
    }
    passes::gc::run(module);
}
