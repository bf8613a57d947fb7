//! Reading single values.

use super::{ApiToken, Scope, SettingsError};
use std::{net::IpAddr, time::Duration};

pub(super) fn unreadable(name: &str, wanted: &'static str) -> SettingsError {
    SettingsError::Unreadable {
        name: name.into(),
        wanted,
    }
}

pub(super) fn host(name: &str, value: &str) -> Result<IpAddr, SettingsError> {
    match value {
        "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
        other => other
            .parse()
            .map_err(|_| unreadable(name, "an address, as 127.0.0.1")),
    }
}

pub(super) fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, SettingsError> {
    value
        .parse()
        .map_err(|_| unreadable(name, "a number that fits"))
}

pub(super) fn positive(name: &str, value: &str) -> Result<usize, SettingsError> {
    let number: usize = number(name, value)?;
    if number == 0 {
        return Err(unreadable(name, "a number above 0"));
    }
    Ok(number)
}

pub(super) fn real(name: &str, value: &str) -> Result<f64, SettingsError> {
    let number: f64 = number(name, value)?;
    if !number.is_finite() || number < 0.0 {
        return Err(unreadable(name, "a number from 0 on"));
    }
    Ok(number)
}

pub(super) fn share(name: &str, value: &str) -> Result<f64, SettingsError> {
    let number = real(name, value)?;
    if number > 1.0 {
        return Err(unreadable(name, "a number from 0 to 1"));
    }
    Ok(number)
}

pub(super) fn seconds(name: &str, value: &str) -> Result<Duration, SettingsError> {
    number(name, value).map(Duration::from_secs)
}

pub(super) fn interval(name: &str, value: &str) -> Result<Duration, SettingsError> {
    let interval = seconds(name, value)?;
    if interval.is_zero() {
        return Err(unreadable(name, "a number above 0"));
    }
    Ok(interval)
}

pub(super) fn truth(name: &str, value: &str) -> Result<bool, SettingsError> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(unreadable(name, "true, false, 1 or 0")),
    }
}

pub(super) fn tokens(name: &str, value: &str) -> Result<Vec<ApiToken>, SettingsError> {
    let wanted = "scope:token pairs, separated by commas, of the scopes read, write and admin";
    let pairs = value
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (scope, token) = pair
                .split_once(':')
                .ok_or_else(|| unreadable(name, wanted))?;
            let scope = Scope::parse(scope.trim()).ok_or_else(|| unreadable(name, wanted))?;
            if token.trim().is_empty() {
                return Err(unreadable(name, wanted));
            }
            Ok(ApiToken {
                scope,
                token: token.trim().into(),
            })
        })
        .collect()
}

pub(super) fn list(value: &str) -> Vec<String> {
    let parts = value.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
