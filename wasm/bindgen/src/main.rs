//! `parqlet-bindgen MODULE FOLDER`: writes `parqlet_bg.wasm` and its bindings, `parqlet.js`, a plain script.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        bail!("usage: parqlet-bindgen MODULE FOLDER");
    };
    Bindgen::new().input_path(module).out_name("parqlet").no_modules(true)?.typescript(false).generate(folder)
}
