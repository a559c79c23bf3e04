//! Plain JavaScript objects, made and read member by member.

use js_sys::{Array, Object, Reflect};
use std::ops::Range;
use wasm_bindgen::JsValue;

/// An object with these members; what is `undefined` is left out.
pub(crate) fn object<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        if !value.is_undefined() {
            set(&object, name, &value);
        }
    }
    object.into()
}

/// Sets a member.
pub(crate) fn set(object: &Object, name: &str, value: &JsValue) {
    // Fails only on objects that are frozen or have setters; these are our own.
    Reflect::set(object, &JsValue::from_str(name), value).unwrap_or_default();
}

/// A member; `undefined` where there is none.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A number member that counts something; `None` where there is none or it is no such number.
pub(crate) fn count(object: &JsValue, name: &str) -> Option<u64> {
    member(object, name).as_f64().and_then(whole)
}

/// A JavaScript number as a count.
pub(crate) fn whole(number: f64) -> Option<u64> {
    /// Above, not every number is a whole number.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range that was checked")]
    (0.0..=LARGEST).contains(&number).then_some(number as u64)
}

/// A count as a JavaScript number: exact to 2^53, and no file is longer.
pub(crate) fn number(count: u64) -> JsValue {
    JsValue::from_f64(count as f64)
}

/// `{ start, end }`.
pub(crate) fn range(range: &Range<u64>) -> JsValue {
    object([("start", number(range.start)), ("end", number(range.end))])
}

/// An array.
pub(crate) fn array(items: impl IntoIterator<Item = JsValue>) -> JsValue {
    items.into_iter().collect::<Array>().into()
}
