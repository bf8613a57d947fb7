//! What several tests need.
#![allow(dead_code, reason = "shared by several tests")]

/// Fewer recordings than this need not hold everything.
pub const FEW: usize = 30;
