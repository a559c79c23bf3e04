//! Parqlet.
