//! Arguments of `rumiai classify`.

use clap::Args;
use std::net::IpAddr;

/// Arguments of `rumiai classify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rumiai classify                                   # 127.0.0.1:8000, Ollama at localhost:11434
  OLLAMA_BASE_URL=http://ollama:11434 DATABASE_URL=postgres://leads:secret@db/leads \\
    API_TOKENS=write:secret1,admin:secret2 rumiai classify --host 0.0.0.0
  curl http://localhost:8000/health
  curl -X POST http://localhost:8000/api/classify/signal -H 'Content-Type: application/json' \\
    -d '{\"signal_text\": \"Looking for marketing manager\"}'

Everything else is set by variables such as OLLAMA_MODEL_1B, CACHE_BACKEND or ENABLE_EMBEDDINGS, or
in the sections [classify], [llm], [response_cache] and [prompts] of the settings file, under the same
names in lower case. SIGTERM makes it end what it was asked within SHUTDOWN_GRACE_SECONDS; a second
one ends it at once.")]
pub struct ClassifyArguments {
    /// Address to listen on, instead of HOST; without API_TOKENS only one of this machine
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<IpAddr>,
    /// Port to listen on, instead of PORT; 0 is any that is free
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}
