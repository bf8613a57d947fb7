#![doc = include_str!("../README.md")]

#[cfg(feature = "contract-suite")]
pub mod contract_suite;
mod memory;
mod message;
mod rabbit;
pub mod topology;
mod transport;

pub use memory::Memory;
pub use message::{
    HEADER_ATTEMPT, HEADER_BURIED, HEADER_DETAIL, HEADER_REASON, HEADER_REPLAYS,
    HEADER_TRACEPARENT, MAX_NAME_BYTES, MAX_PROPERTIES_BYTES, Outgoing,
};
pub use rabbit::{ConnectError, Rabbit, RabbitConfig};
pub use transport::{
    BrokerError, Consumer, Delivery, Depth, Link, PublishError, Settle, Settled, Transport,
};
