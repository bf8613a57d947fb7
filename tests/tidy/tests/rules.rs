//! The rules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use syn::{spanned::Spanned, visit::Visit};
use tidy::{Member, Source, expect_none, members, root, sources};

/// Most lines of a file, its tests at the end not counted.
const MAX_FILE_LINES: usize = 500;
/// Most lines of a function.
const MAX_FUNCTION_LINES: usize = 60;

/// Libraries by floor. A crate uses only crates of lower floors.
const FLOORS: [&[&str]; 4] = [
    &["contracts"],
    &["cache", "prompts", "stage", "telemetry", "tracking"],
    &[
        "artifacts",
        "broker",
        "inference",
        "llm",
        "media",
        "results",
    ],
    &["jobs", "worker"],
];

fn floor(member: &Member) -> usize {
    match member.folder.as_str() {
        "services/rumiai" => FLOORS.len() + 1,
        folder if folder.starts_with("services/") => FLOORS.len(),
        folder if folder.starts_with("tests/") => FLOORS.len() + 2,
        _ => FLOORS
            .iter()
            .position(|floor| floor.contains(&member.name.as_str()))
            .unwrap_or_else(|| panic!("{} has no floor; give it one in FLOORS", member.folder)),
    }
}

#[test]
fn crates_use_only_crates_of_lower_floors() {
    let all = members();
    let built: Vec<&Member> = all
        .iter()
        .filter(|member| member.name != "testkit")
        .collect();
    let find = |name: &str| built.iter().find(|member| member.name == name);
    let mut findings = Vec::new();
    for member in &built {
        for used in &member.uses {
            match find(used) {
                None => findings.push(format!(
                    "{} ships testkit, a dev-dependency only",
                    member.folder
                )),
                Some(other) if floor(other) >= floor(member) => {
                    findings.push(format!("{} may not use {}", member.folder, other.folder));
                }
                Some(_) => {}
            }
        }
    }
    findings.retain(|finding| !finding.starts_with("tests/"));
    expect_none(
        "a crate uses only crates of lower floors, and services never each other",
        &findings,
    );
}

#[test]
fn only_the_decoder_links_gstreamer_and_only_inference_onnx_runtime() {
    let mut findings = Vec::new();
    for member in members() {
        let manifest = fs::read_to_string(root().join(&member.folder).join("Cargo.toml")).unwrap();
        let links = |name: &str| {
            manifest
                .lines()
                .any(|line| line.trim_start().starts_with(name))
        };
        if links("gst") && member.folder != "services/decoder" {
            findings.push(format!("{} links GStreamer", member.folder));
        }
        if links("ort ") && member.folder != "shared/inference" {
            findings.push(format!("{} links ONNX Runtime", member.folder));
        }
    }
    expect_none("native libraries are reached in one place", &findings);
}

#[test]
fn contracts_know_no_runtime() {
    let manifest = fs::read_to_string(root().join("shared/contracts/Cargo.toml")).unwrap();
    let findings: Vec<String> = ["tokio", "futures", "async-trait", "reqwest"]
        .iter()
        .filter(|name| manifest.contains(**name))
        .map(|name| format!("shared/contracts depends on {name}"))
        .collect();
    expect_none("contracts have no async and no I/O", &findings);
}

#[test]
fn every_crate_has_a_readme_that_is_its_documentation() {
    let mut findings = Vec::new();
    for member in members() {
        let folder = root().join(&member.folder);
        if !folder.join("README.md").exists() {
            findings.push(format!("{} has no README.md", member.folder));
        }
        let entry = ["src/lib.rs", "src/main.rs"]
            .iter()
            .map(|name| folder.join(name))
            .find(|path| path.exists());
        let text = fs::read_to_string(entry.unwrap()).unwrap();
        if !text.contains(r#"#![doc = include_str!("../README.md")]"#) {
            findings.push(format!(
                "{} does not include its README.md as documentation",
                member.folder
            ));
        }
    }
    expect_none("README is the crate documentation", &findings);
}

#[test]
fn files_are_short() {
    let findings: Vec<String> = sources(&["shared", "services", "tests"])
        .iter()
        .filter(|source| source.production_lines() > MAX_FILE_LINES)
        .map(|source| format!("{}: {} lines", source.path, source.production_lines()))
        .collect();
    expect_none(
        "a file has at most 500 lines; split it by responsibility",
        &findings,
    );
}

struct LongFunctions<'a>(&'a Source, Vec<String>);

impl LongFunctions<'_> {
    fn check(&mut self, name: &syn::Ident, span: proc_macro2::Span) {
        let lines = span.end().line - span.start().line + 1;
        if lines > MAX_FUNCTION_LINES {
            self.1.push(format!(
                "{}:{}: {name} has {lines} lines",
                self.0.path,
                span.start().line
            ));
        }
    }
}

impl<'ast> Visit<'ast> for LongFunctions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.sig.ident, function.block.span());
        syn::visit::visit_item_fn(self, function);
    }
    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.check(&function.sig.ident, function.block.span());
        syn::visit::visit_impl_item_fn(self, function);
    }
}

#[test]
fn functions_are_short() {
    let mut findings = Vec::new();
    for source in sources(&["shared", "services"])
        .iter()
        .filter(|source| source.is_production())
    {
        let mut visitor = LongFunctions(source, Vec::new());
        visitor.visit_file(&source.syntax());
        findings.append(&mut visitor.1);
    }
    expect_none("a function has at most 60 lines; name its parts", &findings);
}

fn is_public(item: &syn::Item) -> bool {
    let visibility = match item {
        syn::Item::Const(item) => &item.vis,
        syn::Item::Enum(item) => &item.vis,
        syn::Item::Fn(item) => &item.vis,
        syn::Item::Static(item) => &item.vis,
        syn::Item::Struct(item) => &item.vis,
        syn::Item::Trait(item) => &item.vis,
        syn::Item::Type(item) => &item.vis,
        _ => return false,
    };
    !matches!(visibility, syn::Visibility::Inherited)
}

#[test]
fn every_module_with_a_public_item_says_what_it_is() {
    let findings: Vec<String> = sources(&["shared", "services", "tests"])
        .iter()
        .filter(|source| {
            let file = source.syntax();
            let documented = file
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("doc"));
            file.items.iter().any(is_public) && !documented
        })
        .map(|source| source.path.clone())
        .collect();
    expect_none("a module with a public item begins with //!", &findings);
}

/// Everything a stage may not reach for, and what it is given instead.
const FORBIDDEN_IN_STAGES: [(&str, &str); 9] = [
    ("SystemTime::now", "ask the context's clock"),
    ("Instant::now", "ask the context's clock"),
    ("std::env", "settings are handed in"),
    ("env::var", "settings are handed in"),
    ("tokio::spawn", "use StageContext::blocking"),
    ("rand::", "randomness is handed in"),
    ("thread_rng", "randomness is handed in"),
    ("println!", "use tracing"),
    ("process::exit", "return an error"),
];

/// What pure computation may not know besides.
const FORBIDDEN_IN_COMPUTE: [&str; 6] = [
    "async ",
    ".await",
    "std::fs",
    "tokio",
    "std::net::Tcp",
    "StageContext",
];

fn is_stage(source: &Source) -> bool {
    let shells = ["services/rumiai/", "services/decoder/"];
    source.path.starts_with("services/")
        && !shells.iter().any(|shell| source.path.starts_with(shell))
}

fn code_lines(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let production = source.production_lines();
    source
        .lines()
        .filter(move |(number, line)| *number <= production && !line.trim_start().starts_with("//"))
}

/// Whether a line holds a path that begins as `forbidden`, not only a word that ends so.
fn names(line: &str, forbidden: &str) -> bool {
    line.match_indices(forbidden).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

#[test]
fn stages_reach_the_world_only_through_their_context() {
    let mut findings = Vec::new();
    for source in sources(&["services"])
        .iter()
        .filter(|source| source.is_production() && is_stage(source))
    {
        for (number, line) in code_lines(source) {
            for (forbidden, instead) in FORBIDDEN_IN_STAGES {
                if names(line, forbidden) {
                    findings.push(format!("{}:{number}: {forbidden}: {instead}", source.path));
                }
            }
        }
    }
    expect_none(
        "clock, randomness, environment and tasks are handed in",
        &findings,
    );
}

#[test]
fn computation_is_pure() {
    let mut findings = Vec::new();
    for source in sources(&["services"]) {
        if !source.path.ends_with("src/compute.rs") && !source.path.contains("src/compute/") {
            continue;
        }
        for (number, line) in code_lines(&source) {
            for forbidden in FORBIDDEN_IN_COMPUTE {
                if line.contains(forbidden) {
                    findings.push(format!("{}:{number}: {forbidden}", source.path));
                }
            }
        }
    }
    expect_none("compute is synchronous: values in, values out", &findings);
}

#[test]
fn every_stage_keeps_its_computation_apart() {
    let all = members();
    let stages = contracts_flow_names();
    let findings: Vec<String> = all
        .iter()
        .filter(|member| stages.contains(&member.name))
        .filter(|member| {
            let src = root().join(&member.folder).join("src");
            !src.join("compute.rs").exists()
                && !src.join("compute").exists()
                && member.name != "decode"
        })
        .map(|member| format!("{} has no compute.rs", member.folder))
        .collect();
    expect_none(
        "a stage's thinking is in compute.rs; decode has none, it is a child process",
        &findings,
    );
}

fn contracts_flow_names() -> Vec<String> {
    let text = fs::read_to_string(root().join("shared/contracts/src/flow.rs")).unwrap();
    let arms = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::"));
    arms.filter_map(|arm| arm.split('"').nth(1))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_stage_of_the_flow_is_a_service() {
    let all = members();
    let names = contracts_flow_names();
    assert!(names.len() >= 6, "the flow table was read: {names:?}");
    let findings: Vec<String> = names
        .iter()
        .filter(|name| {
            !all.iter()
                .any(|member| member.folder == format!("services/{name}"))
        })
        .map(|name| format!("services/{name} does not exist"))
        .collect();
    expect_none("one package per stage", &findings);
}

/// Macros whose first text is read by operators.
const LOG_MACROS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "event"];

struct Messages<'a>(&'a Source, Vec<String>);

impl Messages<'_> {
    fn check(&mut self, literal: &proc_macro2::Literal) {
        let text = literal.to_string();
        let Some(text) = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
        else {
            return;
        };
        let mut characters = text.chars();
        let (first, second) = (characters.next(), characters.next());
        // Names such as ONNX or GStreamer keep their capitals.
        let shouts =
            first.is_some_and(char::is_uppercase) && second.is_some_and(char::is_lowercase);
        let proper = ["GStreamer", "Matroska", "Python", "Debian", "Ctrl"]
            .iter()
            .any(|name| text.starts_with(name));
        if (shouts && !proper) || text.ends_with('.') {
            self.1.push(format!(
                "{}:{}: \"{text}\"",
                self.0.path,
                literal.span().start().line
            ));
        }
    }
    fn last_text(&mut self, tokens: proc_macro2::TokenStream) {
        let literal = tokens.into_iter().filter_map(|token| match token {
            proc_macro2::TokenTree::Literal(literal) if literal.to_string().starts_with('"') => {
                Some(literal)
            }
            _ => None,
        });
        if let Some(literal) = literal.last() {
            self.check(&literal);
        }
    }
}

impl<'ast> Visit<'ast> for Messages<'_> {
    fn visit_macro(&mut self, used: &'ast syn::Macro) {
        let name = used
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string());
        if name.is_some_and(|name| LOG_MACROS.contains(&name.as_str())) {
            self.last_text(used.tokens.clone());
        }
    }
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let (true, syn::Meta::List(list)) = (attribute.path().is_ident("error"), &attribute.meta)
        {
            let first = list.tokens.clone().into_iter().next();
            if let Some(proc_macro2::TokenTree::Literal(literal)) = first {
                self.check(&literal);
            }
        }
    }
}

#[test]
fn messages_are_lowercase_without_a_final_full_stop() {
    let mut findings = Vec::new();
    for source in sources(&["shared", "services"])
        .iter()
        .filter(|source| source.is_production())
    {
        let mut visitor = Messages(source, Vec::new());
        visitor.visit_file(&source.syntax());
        findings.append(&mut visitor.1);
    }
    expect_none(
        "log and error messages are lowercase, without a final full stop",
        &findings,
    );
}

#[test]
fn pipelines_are_never_built_from_text_or_by_guessing() {
    let mut findings = Vec::new();
    for source in sources(&[
        "shared/media/src",
        "services/decoder/src",
        "services/decode/src",
    ]) {
        for (number, line) in code_lines(&source) {
            for forbidden in [
                "decodebin",
                "uridecodebin",
                "playbin",
                "parse::launch",
                "parse_launch",
            ] {
                if line.contains(forbidden) {
                    findings.push(format!("{}:{number}: {forbidden}", source.path));
                }
            }
        }
    }
    expect_none(
        "demuxers, parsers and decoders come from the allow-list",
        &findings,
    );
}

struct Exceptions<'a>(&'a Source, Vec<String>);

impl<'ast> Visit<'ast> for Exceptions<'_> {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let excepts = attribute.path().is_ident("allow") || attribute.path().is_ident("expect");
        if let (true, syn::Meta::List(list)) = (excepts, &attribute.meta)
            && !list.tokens.to_string().contains("reason =")
        {
            let line = attribute.span().start().line;
            self.1
                .push(format!("{}:{line}: {}", self.0.path, list.tokens));
        }
    }
}

#[test]
fn every_exception_has_its_reason() {
    let mut findings = Vec::new();
    for file in ["clippy.toml", "deny.toml"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let mut previous = "";
        for (index, line) in text.lines().enumerate() {
            let entry = line.trim();
            let states = entry.contains('=') || entry.starts_with('"');
            let opens = entry.ends_with('[') || entry.starts_with('[');
            let explained = entry.contains("reason = ") || previous.starts_with('#');
            if states && !opens && !entry.starts_with('#') && !explained {
                findings.push(format!("{file}:{}: {entry}", index + 1));
            }
            previous = entry;
        }
    }
    for source in sources(&["shared", "services"])
        .iter()
        .filter(|source| source.is_production())
    {
        let mut visitor = Exceptions(source, Vec::new());
        visitor.visit_file(&source.syntax());
        findings.append(&mut visitor.1);
    }
    expect_none("an exception from a rule says why", &findings);
}

#[test]
fn no_test_is_ignored() {
    let findings: Vec<String> = sources(&["shared", "services", "tests"])
        .iter()
        .filter(|source| source.text.contains(concat!("#[", "ignore")))
        .map(|source| source.path.clone())
        .collect();
    expect_none("a test runs or does not exist", &findings);
}
