//! Deliveries: reading them, and settling each on the session it came from.

use super::session::Life;
use crate::{
    message::Outgoing,
    transport::{Delivery, Settle, Settled},
};
use async_trait::async_trait;
use lapin::{
    Acker, BasicProperties, Channel,
    options::{BasicAckOptions, BasicRejectOptions},
    types::AMQPValue,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::RwLock;
use tokio_util::task::TaskTracker;

const DELIVERY_COUNT: &str = "x-delivery-count";
const GIVE_BACK: BasicRejectOptions = BasicRejectOptions { requeue: true };

/// Where a delivery came from, and what it goes back through.
#[derive(Clone)]
pub(super) struct Origin {
    pub life: Arc<Life>,
    /// Keeps the channel open as long as something of it is unsettled.
    pub channel: Channel,
    pub queue: Arc<str>,
    /// Gives back what is dropped; without it, that goes back when the channel closes.
    pub tasks: Option<TaskTracker>,
    /// Closed while nothing may be settled.
    pub gate: Arc<RwLock<()>>,
}

impl Origin {
    pub fn delivery(&self, from: lapin::message::Delivery) -> Delivery {
        let properties = &from.properties;
        let message = Outgoing {
            content_type: text(properties.content_type()),
            kind: text(properties.kind()),
            message_id: properties.message_id().as_ref().map(ToString::to_string),
            correlation_id: properties
                .correlation_id()
                .as_ref()
                .map(ToString::to_string),
            priority: *properties.priority(),
            headers: text_headers(properties),
            body: from.data.into(),
            keep_whole: false,
        };
        let count = delivery_count(&from.properties);
        let held = Held {
            acker: from.acker,
            origin: self.clone(),
            settled: false,
        };
        let queue = self.queue.to_string();
        Delivery::new(queue, message, count, from.redelivered, Box::new(held))
    }
}

fn text(property: &Option<lapin::types::ShortString>) -> String {
    property
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The headers that are text; what the broker adds in other types says nothing to a worker.
fn text_headers(properties: &BasicProperties) -> BTreeMap<String, String> {
    let Some(headers) = properties.headers() else {
        return BTreeMap::new();
    };
    let text = |value: &AMQPValue| match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    };
    let found = headers.inner().iter();
    found
        .filter_map(|(name, value)| Some((name.to_string(), text(value)?)))
        .collect()
}

/// How often it came before; the broker says nothing the first time.
fn delivery_count(properties: &BasicProperties) -> u32 {
    let headers = properties.headers().as_ref();
    let count = match headers.and_then(|headers| headers.inner().get(DELIVERY_COUNT)) {
        Some(AMQPValue::LongLongInt(count)) => *count,
        Some(AMQPValue::LongInt(count)) => i64::from(*count),
        Some(AMQPValue::LongUInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortUInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortShortInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortShortUInt(count)) => i64::from(*count),
        _ => 0,
    };
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

struct Held {
    acker: Acker,
    origin: Origin,
    settled: bool,
}

impl Held {
    /// Settles on the session the delivery came from, and on no other.
    async fn settle(&mut self, accept: bool) -> Settled {
        self.settled = true;
        let life = &self.origin.life;
        let settling = async {
            let _open = self.origin.gate.read().await;
            if accept {
                self.acker.ack(BasicAckOptions::default()).await
            } else {
                self.acker.reject(GIVE_BACK).await
            }
        };
        let settled = tokio::select! {
            biased;
            () = life.ended() => false,
            settled = settling => settled.unwrap_or(false),
        };
        if settled {
            return Settled::Done;
        }
        life.log_loss(&self.origin.queue);
        Settled::Lost
    }
}

#[async_trait]
impl Settle for Held {
    async fn accept(&mut self) -> Settled {
        self.settle(true).await
    }
    async fn give_back(&mut self) -> Settled {
        self.settle(false).await
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.settled || self.origin.life.has_ended() {
            return;
        }
        let (Some(tasks), Ok(runtime)) =
            (&self.origin.tasks, tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let (acker, channel) = (self.acker.clone(), self.origin.channel.clone());
        tasks.spawn_on(
            async move {
                if let Err(error) = acker.reject(GIVE_BACK).await {
                    tracing::debug!(%error, channel = channel.id(), "went back with its connection");
                }
            },
            &runtime,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rabbit, RabbitConfig, Transport};
    use lapin::options::BasicGetOptions;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_delivery_of_a_closed_channel_is_lost_though_its_connection_stands() {
        let Some(shared) = testkit::PrivateRabbit::shared().await else {
            return;
        };
        let access = shared.another("closed_channel").await;
        let config = RabbitConfig::at(&access.amqp_url("operator"));
        let rabbit = Rabbit::connect(config).await.unwrap();
        rabbit
            .publish("detect", &Outgoing::default())
            .await
            .unwrap();
        let session = rabbit.shared.session().await.unwrap();
        let origin = Origin {
            life: session.life.clone(),
            channel: session.channel().await.unwrap(),
            queue: "detect".into(),
            tasks: None,
            gate: Arc::default(),
        };
        let options = BasicGetOptions::default();
        let got = origin.channel.basic_get("detect".into(), options).await;
        let delivery = origin.delivery(got.unwrap().unwrap().delivery);
        origin.channel.close(200, "done".into()).await.unwrap();
        assert_eq!(delivery.accept().await, Settled::Lost);
        assert!(session.stands());
    }
}
