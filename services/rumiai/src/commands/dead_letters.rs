//! `rumiai dlq`: looking after dead letters.

use super::jobs::runtime;
use crate::{
    cli::{
        DeadLetterAction, DeadLetterArguments, DeadLetterChange, DeadLetterChoice, OutputFormat,
    },
    connection::Connection,
    exit::Exit,
    settings::Settings,
};
use anyhow::Context;
use contracts::{ArtifactKey, Envelope, JobId, codec::decode_exact};
use jobs::{Letter, LetterFilter, Letters, letter_counts};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// Longest content that is shown of a message, in bytes.
const SHOWN_BYTES: usize = 4096;

/// What was done, for the record.
#[derive(Serialize)]
struct Audit {
    at_unix_ms: u64,
    action: &'static str,
    user: Option<String>,
    letters: Vec<Value>,
}

/// Does what is asked for.
///
/// # Errors
/// What cannot be reached.
pub fn run(arguments: &DeadLetterArguments, settings: &Settings) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let connection = Connection::open(settings, "dlq").await?;
        let client = connection.client();
        let letters = Letters(&client);
        match &arguments.action {
            DeadLetterAction::Ls(choice) => {
                let found = letters.list(&filter(choice)?).await?;
                list(&found, choice.output_format)?;
            }
            DeadLetterAction::Show(choice) => {
                let found = letters.show(&filter(choice)?).await?;
                let shown: Vec<Value> = found
                    .iter()
                    .map(|(letter, message)| json!({"letter": letter, "content": content(&message.body)}))
                    .collect();
                print(&json!({"letters": shown}))?;
            }
            DeadLetterAction::Replay(which) => {
                change(Deed::Replay, which, &letters, &connection).await?;
            }
            DeadLetterAction::Purge(which) => {
                change(Deed::Purge, which, &letters, &connection).await?;
            }
        }
        Ok(Exit::Success)
    })
}

/// What is done to dead letters.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Replay,
    Purge,
}

/// Does it to those that match and writes it down, or only says to whom it would be done.
async fn change(
    deed: Deed,
    change: &DeadLetterChange,
    letters: &Letters<'_>,
    connection: &Connection,
) -> anyhow::Result<()> {
    let (wanted, format) = (filter(&change.choice)?, change.choice.output_format);
    let name = match deed {
        Deed::Replay => "replay",
        Deed::Purge => "purge",
    };
    if change.dry_run {
        return would(name, &letters.list(&wanted).await?, format);
    }
    let done: Vec<Value> = match deed {
        Deed::Replay => {
            let new_id = || JobId::of_request(&Uuid::now_v7().to_string());
            let replayed = letters.replay(&wanted, new_id).await?;
            replayed.iter().map(|one| json!(one)).collect()
        }
        Deed::Purge => {
            let purged = letters.purge(&wanted).await?;
            purged.iter().map(|one| json!({"letter": one})).collect()
        }
    };
    audit(name, done, format, connection).await
}

fn filter(choice: &DeadLetterChoice) -> anyhow::Result<LetterFilter> {
    let older_than = choice.older_than.map(Duration::try_from).transpose();
    Ok(LetterFilter {
        stage: choice.stage,
        reason: choice.reason.clone(),
        id: choice.id.clone(),
        job: choice.job.clone(),
        older_than: older_than.context("--older-than must be a time that has passed")?,
        limit: choice.limit,
    })
}

fn print(value: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

fn list(letters: &[Letter], format: OutputFormat) -> anyhow::Result<()> {
    if format == OutputFormat::Json {
        return print(&json!({"letters": letters}));
    }
    for ((stage, reason), count) in letter_counts(letters) {
        println!("{stage}: {count} {reason}");
    }
    for letter in letters {
        println!("  {}  {}  {}", letter.id, letter.stage, letter.detail);
    }
    Ok(())
}

fn would(action: &str, letters: &[Letter], format: OutputFormat) -> anyhow::Result<()> {
    if format == OutputFormat::Json {
        return print(&json!({"action": action, "dry_run": true, "letters": letters}));
    }
    println!("would {action} {}:", letters.len());
    list(letters, format)
}

/// Says what was done, and writes it down where it stays.
async fn audit(
    action: &'static str,
    done: Vec<Value>,
    format: OutputFormat,
    connection: &Connection,
) -> anyhow::Result<()> {
    let now = connection.clock.now();
    let at = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let count = done.len();
    let record = Audit {
        at_unix_ms: u64::try_from(at.as_millis())?,
        action,
        user: nix::unistd::User::from_uid(nix::unistd::getuid())
            .ok()
            .flatten()
            .map(|user| user.name),
        letters: done,
    };
    let key = ArtifactKey::new(format!("audit/dlq/{}.json", Uuid::now_v7()))?;
    let bytes = serde_json::to_vec_pretty(&record)?;
    connection.store.put(&key, bytes.into()).await?;
    let user = record.user.as_deref().unwrap_or("somebody");
    eprintln!("audit: {user}: {action} of {count} dead letters, see {key}");
    if format == OutputFormat::Json {
        print(&serde_json::to_value(&record)?)?;
    } else {
        println!("{action}: {count}");
    }
    Ok(())
}

/// What a message holds: the envelope and its input if it can be read, else text, cut.
fn content(body: &[u8]) -> Value {
    if let Ok(envelope) = decode_exact::<Envelope>(body) {
        let input = decode_exact::<Value>(&envelope.body).ok();
        return json!({
            "kind": envelope.kind,
            "version": envelope.version,
            "attempt": envelope.attempt,
            "input": input,
        });
    }
    let shown = &body[..body.len().min(SHOWN_BYTES)];
    json!({
        "text": String::from_utf8_lossy(shown),
        "cut": body.len() > SHOWN_BYTES,
    })
}
