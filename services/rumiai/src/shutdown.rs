//! Stopping when asked to.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Fires `cancel` on the first SIGINT or SIGTERM; ends when `cancel` fires.
///
/// # Errors
/// [`std::io::Error`] if the system refuses to report signals.
pub async fn cancel_on_signal(cancel: CancellationToken) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = cancel.cancelled() => {}
    }
    cancel.cancel();
    Ok(())
}
