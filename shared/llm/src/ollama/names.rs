//! Names of models: one without a tag means the latest.

/// The name with its tag.
#[must_use]
pub fn tagged(name: &str) -> String {
    // A registry's port is no tag: only what follows the last slash counts.
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains(':') {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_05_d12_a_name_without_a_tag_is_the_latest() {
        for (name, expected) in [
            ("nomic-embed-text", "nomic-embed-text:latest"),
            ("gemma3:1b", "gemma3:1b"),
            ("registry:5000/own/model", "registry:5000/own/model:latest"),
            ("registry:5000/own/model:q4", "registry:5000/own/model:q4"),
        ] {
            assert_eq!(tagged(name), expected);
        }
    }
}
