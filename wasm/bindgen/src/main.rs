//! `parqlet-bindgen MODULE FOLDER`: writes `parqlet_bg.wasm` and its bindings, `parqlet.js`, a plain script.

use anyhow::{Result, bail, ensure};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module, passes};
use wasm_bindgen_cli_support::Bindgen;

/// The C library that zstd is compiled against: exported by mistake, and kept whole for that.
const C_LIBRARY: &str = "rust_zstd_wasm_shim_";

/// The `parquet` crate's cache for filters on values, and its selection of rows by bit masks: what implements a method,
/// and the method. The core has no filters and selects rows by runs, which no linker can know: behind these stands an
/// eighth of all code.
const NEVER_CALLED: [(&str, &str); 3] = [
    ("CachedArrayReader as ", "::read_records"),
    ("CachedArrayReader as ", "::consume_batch"),
    ("arrow_select", "::filter::filter_array"),
];

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        bail!("usage: parqlet-bindgen MODULE FOLDER");
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("parqlet").no_modules(true)?.typescript(false);
    let mut output = bindgen.generate_output()?;
    trim(output.wasm_mut())?;
    output.emit(folder)
}

fn trim(module: &mut Module) -> Result<()> {
    for (of, method) in NEVER_CALLED {
        let found = |name: &str| name.contains(of) && name.ends_with(method);
        let functions = module.funcs.iter();
        let ids: Vec<_> = functions.filter(|it| it.name.as_deref().is_some_and(found)).map(|it| it.id()).collect();
        ensure!(!ids.is_empty(), "no function {of}…{method}: what is never called has another name now");
        ids.into_iter().for_each(|id| empty(module, id));
    }
    let mistakes: Vec<_> =
        module.exports.iter().filter(|export| export.name.starts_with(C_LIBRARY)).map(|export| export.id()).collect();
    for id in mistakes {
        module.exports.delete(id);
    }
    passes::gc::run(module);
    Ok(())
}

/// Makes a function trap at once; what only it calls is dropped afterwards.
fn empty(module: &mut Module, id: FunctionId) {
    let (parameters, results) = module.types.params_results(module.funcs.get(id).ty());
    let (parameters, results) = (parameters.to_vec(), results.to_vec());
    let arguments = parameters.iter().map(|of| module.locals.add(*of)).collect();
    let mut body = FunctionBuilder::new(&mut module.types, &parameters, &results);
    body.func_body().unreachable();
    module.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(arguments));
}
