#![doc = include_str!("../README.md")]

mod memory;
mod message;
mod transport;

pub use memory::Memory;
pub use message::{
    HEADER_ATTEMPT, HEADER_BURIED, HEADER_DETAIL, HEADER_REASON, HEADER_REPLAYS,
    HEADER_TRACEPARENT, Outgoing,
};
pub use transport::{
    BrokerError, Consumer, Delivery, Depth, Link, PublishError, Settle, Settled, Transport,
};
