//! What is refused when templates are loaded, and when they are rendered.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{analysis, folder, marks, open, problem, signal};
use contracts::analysis::SCENE_PACING;
use prompts::{Context, Kind, Origin, Repository, Settings, TemplateError, Variables};
use serde_json::json;
use std::{path::PathBuf, sync::Arc};

fn full(variables: &str, user: &str) -> String {
    format!(
        "greeting:\n  variables: {variables}\n  versions: [{{version: '1', user: \"{user}\"}}]\n"
    )
}

fn variables(value: serde_json::Value) -> Variables {
    serde_json::from_value(value).unwrap()
}

fn render(text: &str, given: serde_json::Value) -> Result<String, TemplateError> {
    let folder = folder(&[("a.yaml", text)]);
    let (repository, report) = open(folder.path());
    assert_eq!(report.failures, []);
    let choice = repository.set().choose("greeting", "unit").unwrap();
    let rendered = choice.template.render(&variables(given), &marks())?;
    Ok(rendered.user)
}

#[test]
fn the_short_form_is_a_name_and_a_text() {
    let files = [
        ("a.yaml", "signal_embedding: \"Sum up {signal_text}\"\n"),
        (
            "b.json",
            r#"{"dossier": "{{\"of\"}} {signal_text} {classification_json}"}"#,
        ),
        ("deep/c.yml", "greeting: 'Hello {whom}'"),
        ("notes.md", "{not a template}"),
    ];
    let folder = folder(&files);
    let (repository, report) = open(folder.path());
    assert_eq!(report.failures, []);
    let set = repository.set();
    let rendered = set.render(&signal("this"), "unit", &marks()).unwrap();
    assert!(
        rendered
            .user
            .starts_with("Sum up <data name=\"signal_text\" mark=\""),
        "{}",
        rendered.user
    );
    assert_eq!(
        (rendered.identity.version.as_str(), rendered.task.as_deref()),
        ("1", Some("signal.embed"))
    );
    let template = &set.versions("signal_embedding")[0];
    assert_eq!(template.origin, Origin::File(PathBuf::from("a.yaml")));
    assert_eq!((template.weight, set.versions("greeting").len()), (100, 1));
    assert_eq!(
        set.versions("dossier")[0].variables["classification_json"].kind,
        Kind::Json
    );
}

#[test]
fn the_full_form_says_everything() {
    let text = "greeting:\n  task: greet\n  engine: jinja\n  output_schema: greeting.v1\n  variables:\n    whom: {type: string, required: true, max_chars: 5, trusted: true}\n    often: {type: integer, required: false}\n  versions:\n    - {version: 1.0.0, weight: 90, status: active, system: 'Be kind to {{ whom }}.', user: 'Hello {{ whom }}{% if often %}, {{ often }} times{% endif %}'}\n  fallback: builtin\n";
    assert_eq!(render(text, json!({"whom": "Ada"})).unwrap(), "Hello Ada");
    assert_eq!(
        render(text, json!({"whom": "Ada", "often": 2})).unwrap(),
        "Hello Ada, 2 times"
    );
    let folder = folder(&[("a.yaml", text)]);
    let (repository, _) = open(folder.path());
    let choice = repository.set().choose("greeting", "unit").unwrap();
    let rendered = choice
        .template
        .render(&variables(json!({"whom": "Ada"})), &marks())
        .unwrap();
    assert_eq!(rendered.system.as_deref(), Some("Be kind to Ada."));
    assert_eq!(rendered.task.as_deref(), Some("greet"));
    assert_eq!(rendered.output_schema.as_deref(), Some("greeting.v1"));
    let identity = rendered.identity.to_string();
    assert!(
        identity.starts_with("greeting@1.0.0#") && identity.len() == 27,
        "{identity}"
    );
}

#[test]
fn promise_10_what_is_wrong_with_a_file_is_said() {
    let cases: Vec<(&str, String, &str)> = vec![
        ("a.yaml", full("{}", "Hello {whom}"), "'whom' has a place and is not declared"),
        ("a.yaml", full("{whom: {}}", "Hello"), "'whom' is declared and has no place"),
        ("a.yaml", full("{whom: {}}", "Hello {whom"), "line 1: a brace"),
        ("a.yaml", full("{whom: {}}", "Hello {whom} {}"), "line 1: a brace"),
        ("a.yaml", full("{whom: {}}", "Hello\\n{whom} }"), "line 2: a brace"),
        ("a.yaml", full("{whom: {kind: string}}", "{whom}"), "unknown field"),
        ("a.yaml", full("{whom: {type: word}}", "{whom}"), "unknown variant"),
        ("a.yaml", full("{}", " "), "no user text"),
        ("a.yaml", "greeting: 1".into(), "invalid type"),
        ("a.yaml", "greeting: a\ngreeting: b\n".into(), "duplicate"),
        ("a.json", r#"{"greeting": "a", "greeting": "b"}"#.into(), "'greeting' is there twice"),
        ("a.json", "{".into(), "EOF"),
        ("a.yaml", "[a".into(), ""),
        ("a.yaml", "Greeting: a".into(), "a name is small letters"),
        ("a.yaml", "greeting: {versions: [{version: 'a b', user: a}]}".into(), "a version is"),
        ("a.yaml", "greeting: {versions: []}".into(), "no weight"),
        ("a.yaml", "greeting: {versions: [{version: '1', weight: 0, user: a}]}".into(), "no weight"),
        ("a.yaml", "greeting: {versions: [{version: '1', weight: -1, user: a}]}".into(), ""),
        ("a.yaml", "greeting: {versions: [{version: '1', status: shadow, user: a}]}".into(), "no weight"),
        ("a.yaml", "greeting: {fallback: none, versions: [{version: '1', user: a}]}".into(), "unknown variant"),
        ("a.yaml", "greeting: {versions: [{version: '1', user: a}, {version: '1', user: b}]}".into(), "there already"),
        ("a.yaml", "greeting: {variables: {whom: {}}, versions: [{version: '1', system: '{whom}', user: a}]}".into(), "system part"),
        ("a.yaml", "signal_embedding: Sum up".into(), "no place for 'signal_text'"),
        ("a.yaml", "signal_embedding: 'Sum up {signal_text} {language}'".into(), "'language' is not handed to it"),
        ("a.yaml", "signal_embedding: {variables: {signal_text: {trusted: true}}, versions: [{version: '1', user: '{signal_text}'}]}".into(), "cannot be trusted"),
        ("a.yaml", "signal_embedding: {variables: {signal_text: {type: json}}, versions: [{version: '1', user: '{signal_text}'}]}".into(), "declare it so"),
        ("scene_pacing_v2.txt", "{precomputed_metrics} {".into(), "a brace"),
        ("greeting_v1.txt", "Hello {whom".into(), "a brace"),
    ];
    for (name, text, expected) in cases {
        let said = problem(name, &text);
        assert!(said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn jinja_reaches_nothing_and_ends() {
    let jinja = |user: &str| {
        format!(
            "greeting:\n  engine: jinja\n  variables: {{whom: {{}}}}\n  versions: [{{version: '1', user: {}}}]\n",
            json!(user)
        )
    };
    let cases = [
        (
            "{{ whom }} {{ other }}",
            "'other' has a place and is not declared",
        ),
        ("{{ whom.name }}", "cannot be rendered"),
        ("{{ whom }}{{ whom[:1] }}", "taken apart"),
        ("{{ whom | upper }}", "cannot be rendered"),
        (
            "{{ whom }}{% include '/etc/passwd' %}",
            "cannot be rendered",
        ),
        ("{{ whom }}{% include 'a.yaml' %}", "cannot be rendered"),
        ("{{ whom }}{{ range(10) }}", "not declared"),
        ("{{ whom }}{% if %}", "syntax"),
        ("{{ whom }}{{ (whom ~ '')[1:] }}", "taken apart"),
        ("{{ whom }}\u{f0000}0\u{f0001}", "kept for places"),
        (
            "{% set a %}{{ whom }}{% endset %}{{ a[:1] }}",
            "taken apart",
        ),
        (
            "{{ whom }}{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
            "cannot be rendered",
        ),
    ];
    for (user, expected) in cases {
        let said = problem("a.yaml", &jinja(user));
        assert!(said.contains(expected), "{user}: {said}");
    }
    let ten = "[1,2,3,4,5,6,7,8,9,10]";
    let loops: String = (0..7)
        .map(|depth| format!("{{% for a{depth} in {ten} %}}"))
        .collect();
    let ends = "{% endfor %}".repeat(7);
    let said = problem("a.yaml", &jinja(&format!("{{{{ whom }}}}{loops}{ends}")));
    assert!(said.contains("fuel"), "{said}");
    let said = problem(
        "a.yaml",
        &jinja(&format!(
            "{{{{ whom }}}}{loops}{}{ends}",
            "long ".repeat(2000)
        )),
    );
    assert!(said.contains("exceeds"), "{said}");
}

#[test]
fn promise_10_values_are_inserted_once_and_never_read_again() {
    let brace = full(
        "{whom: {trusted: true}, other: {trusted: true}}",
        "{whom}, {other}",
    );
    let hostile = json!({"whom": "{other} {{x}} {% if %}", "other": "{{ whom }}"});
    assert_eq!(
        render(&brace, hostile.clone()).unwrap(),
        "{other} {{x}} {% if %}, {{ whom }}"
    );
    let jinja = brace
        .replace("{whom}, {other}", "{{ whom }}, {{ other }}")
        .replace("greeting:\n", "greeting:\n  engine: jinja\n");
    assert_eq!(
        render(&jinja, hostile).unwrap(),
        "{other} {{x}} {% if %}, {{ whom }}"
    );
}

#[test]
fn a_trusted_value_cannot_stand_for_another() {
    let text = "greeting:\n  engine: jinja\n  variables: {a: {trusted: true}, b: {}}\n  versions: [{version: '1', user: '{{ a }} {{ b }}'}]\n";
    let user = render(text, json!({"a": "\u{f0000}1\u{f0001}", "b": "data"})).unwrap();
    assert!(user.starts_with("1 <data"), "{user}");
    assert_eq!(user.matches("data\n").count(), 1, "{user}");
}

/// A prompt with holes was once sent as it was.
#[test]
fn promise_05_d11_a_missing_variable_is_an_error_and_never_a_raw_template() {
    let text = full(
        "{whom: {max_chars: 3}, often: {type: integer, required: false}}",
        "{whom} {often}",
    );
    let identity =
        |error: &TemplateError| assert!(error.to_string().starts_with("greeting@1#"), "{error}");
    let cases = [
        (json!({}), "variable 'whom' is missing"),
        (
            json!({"whom": "a", "more": 1}),
            "variable 'more' is not declared",
        ),
        (json!({"whom": 1}), "variable 'whom' is no string"),
        (json!({"whom": null}), "variable 'whom' is no string"),
        (
            json!({"whom": "a", "often": 1.5}),
            "variable 'often' is no integer",
        ),
        (json!({"whom": "abcd"}), "has 4 characters, limit is 3"),
    ];
    for (given, expected) in cases {
        let error = render(&text, given).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        identity(&error);
    }
    assert!(
        render(&text, json!({"whom": "äöü"}))
            .unwrap()
            .contains("äöü")
    );
}

#[test]
fn a_prompt_that_is_too_large_is_not_made() {
    let folder = folder(&[("a.yaml", "greeting: 'Hello {whom}'")]);
    let mut settings = common::settings(folder.path());
    settings.limits.max_prompt_bytes = 20_000;
    let (repository, report) = Repository::open(settings).unwrap();
    assert_eq!(report.failures, []);
    let choice = repository.set().choose("greeting", "unit").unwrap();
    let long = variables(json!({"whom": "x".repeat(20_000)}));
    let error = choice.template.render(&long, &marks()).unwrap_err();
    assert!(
        matches!(error, TemplateError::TooLarge { limit: 20_000, .. }),
        "{error}"
    );
}

#[test]
fn a_number_that_is_none_is_no_prompt() {
    let (repository, _) = Repository::open(Settings::default()).unwrap();
    let mut context = analysis(SCENE_PACING);
    context.video_duration = f64::NAN;
    let error = repository
        .set()
        .render(&context, "unit", &marks())
        .unwrap_err();
    assert!(matches!(error, TemplateError::Type { .. }), "{error}");
}

#[test]
fn a_text_file_without_places_gets_its_context_as_sections() {
    let text = "Describe the pacing as {\"CoreMetrics\": {\"totalScenes\": int}}.";
    let folder = folder(&[
        ("scene_pacing_v2.txt", text),
        ("notes.txt", "{"),
        ("x_vy.txt", "{"),
    ]);
    let (repository, report) = open(folder.path());
    assert_eq!(report.failures, []);
    let context = analysis(SCENE_PACING);
    let user = repository
        .set()
        .render(&context, "unit", &marks())
        .unwrap()
        .user;
    assert!(
        user.starts_with(&format!("{text}\n\n## precomputed metrics\n<data name=")),
        "{user}"
    );
    for section in [
        "## video duration\n10.4\n",
        "## video id\nclip_1\n",
        "## prompt type\nscene_pacing\n",
        "## evidence\n<data",
    ] {
        assert!(user.contains(section), "{section}: {user}");
    }
}

#[test]
fn what_shapes_a_prompt_is_in_its_identity_and_nothing_else() {
    let identity = |text: &str| {
        let folder = folder(&[("a.yaml", text)]);
        let (repository, report) = open(folder.path());
        assert_eq!(report.failures, [], "{text}");
        let template = Arc::clone(&repository.set().versions("greeting")[0]);
        template.identity.to_string()
    };
    let base = full("{a: {}}", "{a}");
    let same = identity(&base);
    assert_eq!(same, identity(&format!("# a remark\n{base}")));
    assert_eq!(
        same,
        identity(&base.replace("version: '1'", "version: '1', weight: 3"))
    );
    for other in [
        full("{a: {}}", "{a}."),
        full("{a: {max_chars: 2}}", "{a}"),
        full("{a: {trusted: true}}", "{a}"),
        full("{a: {required: false}}", "{a}"),
        base.replace("user:", "system: Be kind., user:"),
        base.replace("version: '1'", "version: '2'"),
        base.replace("  versions", "  output_schema: x\n  versions"),
        base.replace("{a}\"", "{{ a }}\"")
            .replace("  versions", "  engine: jinja\n  versions"),
    ] {
        assert_ne!(same, identity(&other), "{other}");
    }
}

#[test]
fn a_context_gives_what_its_template_declares() {
    let context = analysis(SCENE_PACING);
    let expected = prompts::expected(context.template()).unwrap();
    let names: Vec<&str> = expected.variables.iter().map(|one| one.name).collect();
    let mut handed: Vec<String> = context.variables().into_keys().collect();
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    handed.sort();
    names.sort();
    assert_eq!(handed, names);
}
