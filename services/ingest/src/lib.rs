//! Fetches the video.
