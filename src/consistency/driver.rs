//! How the tester sets the driver up. Every wait of the driver has a limit here.

use std::time::Duration;

use mongodb::Client;
use mongodb::options::{ClientOptions, ConnectionString, ServerAddress, ServerMonitoringMode};

use super::attempts::AttemptLog;
use super::error::Error;
use crate::model::connection_url::{ConnectionUrl, Seed};

/// Options of the URL that are handed to the driver. All others are the tester's own business: it
/// sets time-outs, concerns and retries itself, or the outcomes could not be told apart.
const HANDED_ON: [&str; 12] = [
    "appname",
    "authmechanism",
    "authmechanismproperties",
    "authsource",
    "ssl",
    "tls",
    "tlsallowinvalidcertificates",
    "tlsallowinvalidhostnames",
    "tlscafile",
    "tlscertificatekeyfile",
    "tlscertificatekeyfilepassword",
    "tlsinsecure",
];

/// The names of the URL's options that the tester does not use.
#[must_use]
pub fn unused(url: &ConnectionUrl) -> Vec<&str> {
    let names = url.options.iter().map(|(name, _)| name.as_str());
    names.filter(|name| !is_handed_on(name)).collect()
}

fn is_handed_on(name: &str) -> bool {
    HANDED_ON.contains(&name.to_ascii_lowercase().as_str())
}

/// The options of a client that asks this one member and no other.
///
/// # Errors
/// [`Error::Driver`] if the driver refuses an option of the URL.
pub fn direct(url: &ConnectionUrl, member: &Seed, limit: Duration) -> Result<ClientOptions, Error> {
    let mut options = common(url, limit)?;
    options.hosts = vec![address(member)];
    options.direct_connection = Some(true);
    options.max_pool_size = Some(1);
    options.server_monitoring_mode = Some(ServerMonitoringMode::Poll);
    Ok(options)
}

/// The options of a client that knows the whole set and finds its primary.
///
/// `limit` bounds the search for a primary, and the making of a connection to it.
///
/// # Errors
/// [`Error::Driver`] if the driver refuses an option of the URL.
pub fn whole_set(
    url: &ConnectionUrl,
    set_name: &str,
    members: &[Seed],
    limit: Duration,
) -> Result<ClientOptions, Error> {
    let mut options = common(url, limit)?;
    options.hosts = members.iter().map(address).collect();
    options.direct_connection = Some(false);
    options.repl_set_name = Some(set_name.to_owned());
    Ok(options)
}

/// A client, whose commands are counted in `log`.
///
/// # Errors
/// [`Error::Driver`] if the driver refuses the options.
pub fn client(mut options: ClientOptions, log: Option<&AttemptLog>) -> Result<Client, Error> {
    options.command_event_handler = log.map(AttemptLog::handler);
    Client::with_options(options).map_err(|error| Error::Driver(error.to_string()))
}

fn common(url: &ConnectionUrl, limit: Duration) -> Result<ClientOptions, Error> {
    let mut handed_on = url.clone();
    handed_on.set_name = None;
    handed_on.options.retain(|(key, _)| is_handed_on(key));
    let parsed = ConnectionString::parse(handed_on.canonical())
        .map_err(|error| Error::Driver(plain(&error)))?;
    let mut options = ClientOptions::default();
    options.credential = parsed.credential;
    options.tls = parsed.tls;
    options.app_name = Some(
        parsed
            .app_name
            .unwrap_or_else(|| "mongo-rs write-test".to_owned()),
    );
    options.server_selection_timeout = Some(limit);
    options.connect_timeout = Some(limit);
    // The smallest that the specification of the drivers allows, so that failovers are noticed.
    options.heartbeat_freq = Some(Duration::from_millis(500));
    options.retry_writes = Some(false);
    options.retry_reads = Some(false);
    Ok(options)
}

fn address(seed: &Seed) -> ServerAddress {
    ServerAddress::Tcp {
        host: seed.host.clone(),
        port: Some(seed.port),
    }
}

/// The message of an error of the driver, without its bookkeeping.
#[must_use]
pub fn plain(error: &mongodb::error::Error) -> String {
    super::facts::ErrorFacts::from(error).message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_decides_who_logs_in_and_nothing_else() {
        let url = "mongodb://me:pw@a:1/db?authSource=x&w=1&socketTimeoutMS=5&retryWrites=true&serverSelectionTimeoutMS=9";
        let url: ConnectionUrl = url.parse().unwrap();
        let members = ["a:1".parse().unwrap(), "[::1]:2".parse().unwrap()];
        let options = whole_set(&url, "rs", &members, Duration::from_secs(1)).unwrap();
        let credential = options.credential.unwrap();
        assert_eq!(credential.username.as_deref(), Some("me"));
        assert_eq!(credential.source.as_deref(), Some("x"));
        assert_eq!(options.hosts.len(), 2);
        assert_eq!(options.repl_set_name.as_deref(), Some("rs"));
        assert_eq!(options.retry_writes, Some(false));
        assert_eq!(options.retry_reads, Some(false));
        assert_eq!(
            options.server_selection_timeout,
            Some(Duration::from_secs(1))
        );
        assert!(options.write_concern.is_none());
        let unused = [
            "w",
            "socketTimeoutMS",
            "retryWrites",
            "serverSelectionTimeoutMS",
        ];
        assert_eq!(super::unused(&url), unused);
    }

    #[test]
    fn what_the_driver_refuses_is_one_sentence() {
        let url: ConnectionUrl = "h/?authMechanism=NONSENSE".parse().unwrap();
        let error = direct(&url, &"h".parse().unwrap(), Duration::from_secs(1)).unwrap_err();
        assert!(
            error.to_string().starts_with("the URL cannot be used: "),
            "{error}"
        );
    }
}
