//! `rumiai verify`: whether results obey their format.

use super::schemas;
use crate::{
    cli::{OutputFormat, VerifyArguments},
    exit::Exit,
};
use results::verify::{Schemas, Verified, verify};
use serde_json::json;

/// Verifies a folder and prints what is wrong with it.
///
/// # Errors
/// If the folder cannot be read or holds no results.
pub fn run(arguments: &VerifyArguments) -> anyhow::Result<Exit> {
    let all = schemas::all();
    let schemas = Schemas::new(all.iter().map(|file| (file.name.as_str(), &file.schema)))?;
    let videos = verify(&arguments.folder, &schemas)?;
    let well = videos.iter().all(|video| video.issues.is_empty());
    match arguments.output_format {
        OutputFormat::Json => println!("{:#}", json!({"success": well, "videos": videos})),
        OutputFormat::Text => videos.iter().for_each(print),
    }
    Ok(if well { Exit::Success } else { Exit::Failure })
}

fn print(video: &Verified) {
    let outcome = match video.issues.len() {
        0 => "ok".to_owned(),
        1 => "1 issue".to_owned(),
        many => format!("{many} issues"),
    };
    println!("{}: {} files, {outcome}", video.video_id, video.files);
    for (analysis, reason) in &video.without_files {
        println!("  note  {analysis} has no files: {reason}");
    }
    for issue in &video.issues {
        let place = match issue.place.as_str() {
            "" => String::new(),
            place => format!(" at {place}"),
        };
        println!("  BAD   {}{place}: {}", issue.path.display(), issue.problem);
    }
}
