//! Talking to a broker of tests: where it is, and its management interface.

use broker::topology::{self, Limits};
use serde_json::{Value, json};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The password of every user but the administrator.
pub const PASSWORD: &str = "test-password";
/// `admin:admin`, as basic authentication writes it.
const ADMIN: &str = "YWRtaW46YWRtaW4=";

/// A virtual host of a running broker. Cloning it is free.
#[derive(Debug, Clone)]
pub struct RabbitAccess {
    pub(super) amqp_port: u16,
    pub(super) management_port: u16,
    pub(super) vhost: String,
}

impl RabbitAccess {
    /// Where AMQP is spoken, for a proxy in between.
    #[must_use]
    pub fn amqp_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.amqp_port).into()
    }

    /// The AMQP address for a user of the topology, or for `admin`.
    #[must_use]
    pub fn amqp_url(&self, user: &str) -> String {
        self.amqp_url_through(user, self.amqp_address())
    }

    /// As [`RabbitAccess::amqp_url`], through a proxy.
    #[must_use]
    pub fn amqp_url_through(&self, user: &str, proxy: SocketAddr) -> String {
        let password = if user == "admin" { "admin" } else { PASSWORD };
        format!("amqp://{user}:{password}@{proxy}/{}", self.vhost)
    }

    /// The management interface, where `admin` has the password `admin`.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.management_port)
    }

    /// The virtual host.
    #[must_use]
    pub fn vhost(&self) -> &str {
        &self.vhost
    }

    /// Another virtual host on the same broker, with the whole topology.
    pub async fn another(&self, vhost: &str) -> Self {
        let mut all = topology::definitions(vhost);
        all.permissions = topology::users(vhost, |_| None).permissions;
        self.must("POST", "definitions", Some(json!(all))).await;
        // The administrator of tests sees every virtual host, but enters none unasked.
        let path = format!("permissions/{vhost}/admin");
        let all = json!({ "configure": ".*", "write": ".*", "read": ".*" });
        self.must("PUT", &path, Some(all)).await;
        Self {
            vhost: vhost.into(),
            ..self.clone()
        }
    }

    /// Sets the policies anew with other limits.
    pub async fn limit(&self, limits: &Limits) {
        for policy in topology::policies(&self.vhost, limits) {
            self.put_policy(&policy.name, json!(policy)).await;
        }
    }

    /// Sets one policy, as the management interface takes it.
    pub async fn put_policy(&self, name: &str, policy: Value) {
        let path = format!("policies/{}/{name}", self.vhost);
        self.must("PUT", &path, Some(policy)).await;
    }

    /// Changes keys of a policy that is there; the change has arrived at the queue on return.
    pub async fn change_policy(&self, name: &str, queue: &str, changes: &Value) {
        let path = format!("policies/{}/{name}", self.vhost);
        let mut policy = self.must("GET", &path, None).await;
        for (key, value) in changes.as_object().unwrap() {
            policy["definition"][key] = value.clone();
        }
        let wanted = policy["definition"].clone();
        self.put_policy(name, policy).await;
        let path = format!("queues/{}/{queue}", self.vhost);
        loop {
            let found = self.must("GET", &path, None).await;
            if found["effective_policy_definition"] == wanted {
                return;
            }
            tokio::time::sleep(super::LOOK).await;
        }
    }

    /// Takes away what leads from the exchange to a queue.
    pub async fn unbind(&self, queue: &str) {
        let vhost = &self.vhost;
        let path = format!("bindings/{vhost}/e/flow/q/{queue}/{queue}");
        self.must("DELETE", &path, None).await;
    }

    /// Takes a queue away.
    pub async fn delete_queue(&self, queue: &str) {
        let path = format!("queues/{}/{queue}", self.vhost);
        self.must("DELETE", &path, None).await;
    }

    /// Ends every connection to this virtual host, from the broker's side, and returns how many.
    pub async fn close_all_connections(&self) -> usize {
        let path = format!("vhosts/{}/connections", self.vhost);
        let found = self.must("GET", &path, None).await;
        let names = found.as_array().unwrap().iter();
        let names: Vec<_> = names.filter_map(|one| one["name"].as_str()).collect();
        for name in &names {
            let path = format!(
                "connections/{}",
                name.replace(' ', "%20").replace('>', "%3E")
            );
            let (status, _) = self.api("DELETE", &path, None).await;
            assert!(matches!(status, 204 | 404), "closing {name}: {status}");
        }
        names.len()
    }

    /// Asks the management interface as administrator; `path` follows `/api/`. Gives the status
    /// and the answer.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.api_as(ADMIN, method, path, body).await
    }

    /// As [`RabbitAccess::api`], with other credentials, written as basic authentication does.
    pub async fn api_as(
        &self,
        credentials: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.try_api_as(credentials, method, path, body)
            .await
            .unwrap()
    }

    /// As [`RabbitAccess::api`], of a broker that may just be starting or ending.
    pub(super) async fn try_api(&self, method: &str, path: &str) -> io::Result<(u16, Value)> {
        self.try_api_as(ADMIN, method, path, None).await
    }

    async fn try_api_as(
        &self,
        credentials: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> io::Result<(u16, Value)> {
        let address = (Ipv4Addr::LOCALHOST, self.management_port);
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        // 1.0 has no chunks, and ends with the connection.
        let request = format!(
            "{method} /api/{path} HTTP/1.0\r\nauthorization: Basic {credentials}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8(answer).unwrap();
        let cut_off = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_off)?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    pub(super) async fn must(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.api(method, path, body).await;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        answer
    }
}
