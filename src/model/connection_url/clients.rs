//! The URL that clients of a set are given.

use super::{ConnectionUrl, Credentials, Seed};
use crate::model::address::HostPort;

impl From<&HostPort> for Seed {
    fn from(address: &HostPort) -> Self {
        Self {
            host: address.host.to_ascii_lowercase(),
            port: address.port,
        }
    }
}

impl ConnectionUrl {
    /// The URL of a set, as anybody may use it.
    #[must_use]
    pub fn of_set(seeds: Vec<Seed>, set_name: &str) -> Self {
        Self {
            seeds,
            credentials: None,
            database: None,
            set_name: Some(set_name.to_owned()),
            options: Vec::new(),
        }
    }

    /// This URL with other seeds and the set's name: without passwords, and without what would keep a client from seeing
    /// the set as one.
    #[must_use]
    pub fn for_clients(&self, seeds: Vec<Seed>, set_name: &str) -> Self {
        let nameless = |credentials: &Credentials| Credentials {
            username: credentials.username.clone(),
            password: None,
        };
        let kept = |name: &str| {
            let name = name.to_ascii_lowercase();
            !name.contains("password") && name != "directconnection" && name != "loadbalanced"
        };
        let options = self.options.iter().filter(|(name, _)| kept(name));
        Self {
            credentials: self.credentials.as_ref().map(nameless),
            database: self.database.clone(),
            options: options.cloned().collect(),
            ..Self::of_set(seeds, set_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_get_all_members_the_name_and_no_password() {
        let seeds = || {
            let hosts = ["DB.example:1", "[fd00::1]:27017"].map(|it| it.parse::<HostPort>());
            let hosts = hosts.into_iter().flatten();
            hosts.map(|host| Seed::from(&host)).collect()
        };
        for (given, full) in [
            (
                "a",
                "mongodb://db.example:1,[fd00::1]:27017/?replicaSet=r%20s",
            ),
            (
                "mongodb://me:pw@a:1,b/app?replicaSet=old&directConnection=true&authSource=admin&tls=true\
                 &tlsCertificateKeyFilePassword=pw",
                "mongodb://me@db.example:1,[fd00::1]:27017/app?replicaSet=r%20s&authSource=admin&tls=true",
            ),
        ] {
            let given: ConnectionUrl = given.parse().unwrap();
            let url = given.for_clients(seeds(), "r s");
            assert_eq!(url.canonical(), full);
            assert_eq!(full.parse::<ConnectionUrl>(), Ok(url));
        }
    }
}
