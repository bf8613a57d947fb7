//! Asks where GStreamer keeps its plugins, so that the program can load those it names.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = pkg_config::get_variable("gstreamer-1.0", "pluginsdir")?;
    println!("cargo::rustc-env=GSTREAMER_PLUGINS={directory}");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
