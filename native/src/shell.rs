//! What a [`crate::Client`] is made of, for programs that drive loads of [`parqlet_core`] by themselves because they ask
//! in another way than it does: `parqlet serve` checks each address first and counts what it asks.

pub use crate::decode::Pool;
pub use crate::fetch::{AbortOnDrop, Clock};
pub use crate::headers::{head, headers};
pub use crate::http::{broken, unanswered};
