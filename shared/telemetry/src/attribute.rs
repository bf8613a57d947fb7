//! Names of span attributes. Those of OpenTelemetry follow its semantic conventions for messaging
//! and RabbitMQ (status: development) as of 2025.

/// Defines constants with names of attributes, and the list of all of them with what they say.
macro_rules! attribute_names {
    ($($(#[doc = $doc:literal])+ $constant:ident = $name:literal;)*) => {
        $($(#[doc = $doc])+ pub const $constant: &str = $name;)*
        /// Every attribute, with what it says.
        pub const ATTRIBUTES: &[(&str, &str)] = &[$(($name, concat!($($doc),+))),*];
    };
}

attribute_names! {
    /// The job: on every span that belongs to one, and on its log lines.
    JOB_ID = "job.id";
    /// The stage.
    STAGE = "rumiai.stage";
    /// Which attempt, from 1.
    ATTEMPT = "rumiai.attempt";
    /// Why it failed, of few values: the class and a fixed reason, as `rejected:too_many_pixels`.
    ERROR_TYPE = "error.type";
    /// Always `rabbitmq`.
    MESSAGING_SYSTEM = "messaging.system";
    /// `publish`, `process`, `ack` or `nack`.
    MESSAGING_OPERATION_NAME = "messaging.operation.name";
    /// `send`, `process` or `settle`.
    MESSAGING_OPERATION_TYPE = "messaging.operation.type";
    /// Exchange and routing key, which is the name of the queue: `flow:detect`.
    MESSAGING_DESTINATION_NAME = "messaging.destination.name";
    /// The routing key.
    MESSAGING_ROUTING_KEY = "messaging.rabbitmq.destination.routing_key";
    /// The number under which the broker handed the message over.
    MESSAGING_DELIVERY_TAG = "messaging.rabbitmq.message.delivery_tag";
    /// Id of the message; copies of one message share it.
    MESSAGING_MESSAGE_ID = "messaging.message.id";
    /// Id of the conversation, which is the job.
    MESSAGING_CONVERSATION_ID = "messaging.message.conversation_id";
    /// Name of the model.
    MODEL_NAME = "rumiai.model.name";
    /// What it runs on, or who is asked.
    MODEL_PROVIDER = "rumiai.model.provider";
    /// Entries of the batch.
    MODEL_BATCH_SIZE = "rumiai.model.batch_size";
    /// The provider's name for the request, for its support; empty if it has none.
    PROVIDER_REQUEST_ID = "rumiai.provider.request_id";
    /// Where artifacts lie, up to the stage or the digest; never a file's name.
    ARTIFACT_PREFIX = "rumiai.artifact.prefix";
    /// Bytes moved.
    ARTIFACT_BYTES = "rumiai.artifact.bytes";
}
