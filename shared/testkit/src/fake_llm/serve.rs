//! The server's connections.

use super::{
    Ending, Port, State, claude, control, failing,
    faults::Fault,
    ollama,
    wire::{self, Connection, Played, Reply, Request, Step},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// Accepts connections as long as the port is open.
pub(super) async fn all(listener: TcpListener, address: SocketAddr, state: Arc<State>) {
    let mut connections = JoinSet::new();
    let mut ports = state.ports.subscribe();
    let mut listener = Some(listener);
    loop {
        let port = *ports.borrow_and_update();
        match port {
            Port::Open => {
                let open = match listener.take() {
                    Some(open) => open,
                    None => TcpListener::bind(address).await.unwrap(),
                };
                accept(&open, &mut ports, &state, &mut connections).await;
                listener = Some(open);
            }
            Port::Closed(time) => {
                drop(listener.take());
                let reopened = async {
                    match time {
                        Some(time) => sleep(time).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = reopened => { state.ports.send_replace(Port::Open); }
                    changed = ports.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}

/// Accepts until the port changes.
async fn accept(
    listener: &TcpListener,
    ports: &mut watch::Receiver<Port>,
    state: &Arc<State>,
    connections: &mut JoinSet<()>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, state.clone()));
                }
                while connections.try_join_next().is_some() {}
            }
            _ = ports.changed() => return,
        }
    }
}

/// Answers one request after the other until either side has enough.
async fn serve(stream: TcpStream, state: Arc<State>) {
    let Ok(mut connection) = Connection::new(stream) else {
        return;
    };
    let mut ports = state.ports.subscribe();
    loop {
        let asked = tokio::select! {
            asked = connection.request() => asked,
            () = closed(&mut ports) => None,
        };
        let Some(request) = asked else { return };
        let closes = wire::closes(&request);
        let going_on = if request.path.starts_with("/__ctl/") {
            let reply = control::answer(&request, &state);
            connection.play(reply, closes).await == Some(Played::Whole)
        } else {
            one(&mut connection, request, &state, closes).await
        };
        if closes || !going_on {
            return;
        }
    }
}

async fn closed(ports: &mut watch::Receiver<Port>) {
    if ports.wait_for(|port| *port != Port::Open).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Answers a request and writes down how; says whether the connection can take another.
async fn one(
    connection: &mut Connection,
    request: Request,
    state: &Arc<State>,
    closes: bool,
) -> bool {
    let body = request.json();
    let model = body.as_ref().and_then(|body| body.get("model"));
    let model = model.and_then(|model| model.as_str()).unwrap_or_default();
    let at = state.now();
    let (number, fault) = {
        let mut inner = state.lock();
        let fault = inner.script.choose(&request.path, model);
        let name = fault.as_ref().map(Fault::name);
        (inner.journal.begin(&request, model, name, at), fault)
    };
    let began = tokio::time::Instant::now();
    state.written.notify_waiters();
    let mut held = state.held.subscribe();
    let work = async {
        // Nobody holds answers of a server that has ended.
        drop(held.wait_for(|held| !held).await);
        reply(&request, fault.as_ref(), state).await
    };
    let reply = connection.unless_gone(work).await;
    let ending = match reply {
        None => Ending::ClientGone,
        Some(reply) => {
            state.lock().journal.status(number, reply.status);
            state.written.notify_waiters();
            let mut reply = match request.method.as_str() {
                "HEAD" => reply.without_body(),
                _ => reply,
            };
            let shared = state.clone();
            let close = move || shared.lock().journal.close(number);
            reply.ending = Some(Box::new(close));
            Ending::of(connection.play(reply, closes).await)
        }
    };
    state.lock().journal.end(number, ending, began.elapsed());
    state.written.notify_waiters();
    ending == Ending::Answered
}

async fn reply(request: &Request, fault: Option<&Fault>, state: &Arc<State>) -> Reply {
    if let Some(Fault::Refused { for_ms }) = fault {
        let time = std::time::Duration::from_millis(*for_ms);
        state.ports.send_replace(Port::Closed(Some(time)));
        return Reply::none(Step::Reset);
    }
    let is_claude = request.path.starts_with("/v1/");
    if let Some(instead) = fault.and_then(|fault| failing::instead(fault, is_claude, state)) {
        return instead;
    }
    let reply = if is_claude {
        claude::answer(request, fault, state).await
    } else {
        ollama::answer(request, fault, state).await
    };
    match fault {
        Some(fault) => failing::on_the_wire(reply, fault),
        None => reply,
    }
}
