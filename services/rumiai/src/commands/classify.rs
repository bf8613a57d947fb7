//! `rumiai classify`: signals of possible customers over HTTP.

use crate::{
    cli::ClassifyArguments,
    exit::Exit,
    language_models::{self, LanguageModels},
    settings::{Normalisation, Settings},
    shutdown,
    stages::Opener,
};
use anyhow::{Context, anyhow};
use classify::{
    Ports, Service,
    adapters::{
        Asker, AskerParts, CachedEmbedder, ClaudeBatches, Direction, ModelAdmin, ModelDossiers,
        ModelScorer, OllamaDirections, OnnxDirections, Upkeep, Wanted,
    },
    ledger::Ledger,
    ports::{Batches, Embedder},
    settings::{EmbeddingProvider, Settings as ServiceSettings},
};
use llm::{Aliases, Cached};
use stage::Clock;
use std::{sync::Arc, time::Duration};
use telemetry::Telemetry;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use worker::SystemClock;

/// How long what cannot be interrupted may go on after everything else has ended.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Serves until it is asked to stop.
///
/// # Errors
/// What cannot be opened or reached, and what mends it.
pub fn run(
    arguments: &ClassifyArguments,
    settings: &Settings,
    telemetry: &Arc<Telemetry>,
) -> anyhow::Result<Exit> {
    let host = arguments.host.map(|host| ("HOST", host.to_string()));
    let port = arguments.port.map(|port| ("PORT", port.to_string()));
    let service = match settings.classify_service(host.into_iter().chain(port)) {
        Ok(service) => service,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Exit::Settings);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(serve(settings, service, telemetry.clone()));
    runtime.shutdown_timeout(SHUTDOWN_GRACE);
    outcome
}

/// Everything the service is made of.
struct Parts {
    service: Service,
    asker: Asker,
    upkeep: Upkeep,
    wanted: Wanted,
}

async fn serve(
    settings: &Settings,
    service: ServiceSettings,
    telemetry: Arc<Telemetry>,
) -> anyhow::Result<Exit> {
    language_models::warn_of_unknown(&settings.unknown_variables);
    let address = (service.host, service.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {}:{}; set HOST and PORT",
            address.0, address.1
        )
    })?;
    let stop = CancellationToken::new();
    let mut background = JoinSet::new();
    background.spawn(shutdown::cancel_on_signal(stop.clone()));
    let parts = open(settings, service, telemetry, &stop).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let (upkeep, wanted, until) = (parts.upkeep, parts.wanted, stop.clone());
    background.spawn(async move {
        upkeep.run(wanted, &until).await;
        Ok(())
    });
    tokio::select! {
        ended = parts.service.serve(listener, stop.clone()) => ended?,
        again = asked_again(&stop) => {
            again?;
            eprintln!("stopped at once");
            return Ok(Exit::Failure);
        }
    }
    stop.cancel();
    parts.asker.close().await;
    parts.asker.parts().cached.cache().close().await;
    while let Some(ended) = background.join_next().await {
        ended.context("a task of the service fell over")??;
    }
    Ok(Exit::Success)
}

/// Ends when the program is asked to stop although it stops already.
async fn asked_again(stop: &CancellationToken) -> std::io::Result<()> {
    stop.cancelled().await;
    shutdown::cancel_on_signal(CancellationToken::new()).await
}

async fn open(
    settings: &Settings,
    service: ServiceSettings,
    recorder: Arc<Telemetry>,
    stop: &CancellationToken,
) -> anyhow::Result<Parts> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let (llm, answers) = (&settings.llm, &settings.response_cache);
    let opened = language_models::open(llm, answers, &settings.prompts, clock.clone()).await?;
    let LanguageModels {
        cached,
        templates,
        loaded,
        marks,
    } = opened;
    telemetry::signals::templates_in_use(loaded.generation, loaded.templates);
    let ledger = Ledger::new(clock.clone());
    let asker = Asker::new(AskerParts {
        cached: cached.clone(),
        templates,
        marks,
        normalises: answers.cache_normalize == Normalisation::TrimLower,
        asking: service.asking.clone(),
        ledger: ledger.clone(),
        stop: stop.clone(),
    });
    let caches = answers.enable_response_cache;
    let admin = ModelAdmin::new(asker.clone(), llm.clone(), clock.clone(), caches)
        .telling("response_cache", answers)
        .telling("prompts", &settings.prompts);
    let admin = Arc::new(admin);
    let wanted = Wanted {
        health: service.enable_health_monitoring,
        templates: settings.prompts.prompt_hot_reload,
    };
    let models = local_models(settings, &service);
    let upkeep = Upkeep::new(asker.clone(), admin.clone(), llm, models, clock.clone())?;
    let ports = Ports {
        scorer: Arc::new(ModelScorer::new(
            asker.clone(),
            first(settings, Aliases::FAST),
        )),
        dossiers: Arc::new(ModelDossiers::new(asker.clone())),
        embedder: embedder(settings, &service, &cached, &clock)?,
        batches: batches(settings, &service, &asker, &clock)?,
        admin,
        ledger,
        clock,
        metrics: Arc::new(move || recorder.render_metrics()),
    };
    Ok(Parts {
        service: Service::open(service, ports).await?,
        asker,
        upkeep,
        wanted,
    })
}

/// The first model of an alias.
fn first(settings: &Settings, alias: &str) -> String {
    let aliases = Aliases::of_ollama(&settings.llm);
    let first = aliases.chain(alias).first();
    first.map(|one| one.model.clone()).unwrap_or_default()
}

/// The models of Ollama that the service asks.
fn local_models(settings: &Settings, service: &ServiceSettings) -> Vec<String> {
    let aliases = Aliases::of_ollama(&settings.llm);
    let embeds =
        service.enable_embeddings && service.asking.embedding_provider == EmbeddingProvider::Ollama;
    let asked = [Aliases::FAST, Aliases::DEEP, Aliases::EMBEDDING].into_iter();
    asked
        .filter(|alias| embeds || *alias != Aliases::EMBEDDING)
        .flat_map(|alias| aliases.chain(alias))
        .map(|target| target.model.clone())
        .collect()
}

fn embedder(
    settings: &Settings,
    service: &ServiceSettings,
    cached: &Cached,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<dyn Embedder>>> {
    if !service.enable_embeddings {
        return Ok(None);
    }
    let asking = &service.asking;
    Ok(Some(match asking.embedding_provider {
        EmbeddingProvider::Ollama => {
            let client = cached.client().clone();
            let model = first(settings, Aliases::EMBEDDING);
            let source = OllamaDirections::new(client, model, asking.embedding_timeout);
            kept(source, service, cached, clock)?
        }
        EmbeddingProvider::Onnx => {
            let opener = Opener::new(settings);
            let engine = opener.engine().map_err(|reason| anyhow!("{reason}"))?;
            let source = OnnxDirections::open(engine)
                .context("EMBEDDING_PROVIDER=onnx needs its weights; run `rumiai models fetch`")?;
            kept(source, service, cached, clock)?
        }
    }))
}

/// Directions of a source, with the cache before it.
fn kept(
    source: impl Direction + 'static,
    service: &ServiceSettings,
    cached: &Cached,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Embedder>> {
    let ttl = service.asking.embedding_cache_ttl;
    let embedder = CachedEmbedder::new(source, cached.clone(), ttl, clock.clone())?;
    Ok(Arc::new(embedder))
}

fn batches(
    settings: &Settings,
    service: &ServiceSettings,
    asker: &Asker,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<dyn Batches>>> {
    if !service.asking.claude_batch_mode {
        return Ok(None);
    }
    let made = ClaudeBatches::new(asker.clone(), &settings.llm, clock.clone());
    let made = made.context("CLAUDE_BATCH_MODE is on; set CLAUDE_API_KEY, or set it off")?;
    Ok(Some(Arc::new(made)))
}
