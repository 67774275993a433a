//! An abstract replica set: servers with configs and oplogs, what can happen to them, and what they answer. Messages are
//! not kept: a member hears or pulls when it does, from whomever it is linked to then.

use super::configs::{Configs, Known};
use super::node::{Log, MOST_TERM, Role, Server};
use super::{Bits, UNITS};

/// A set at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State<const N: usize = UNITS> {
    /// The units' servers.
    pub servers: [Server; N],
    /// One side of a partition, by bits; 0 is none.
    pub cut: Bits,
    /// The unit that Juju calls leader.
    pub leader: u8,
    /// What clients were told is safe.
    pub acknowledged: Log,
    /// Who was chosen to be primary next.
    pub heir: Option<u8>,
    /// A step that was planned and is not done yet: its number, and the unit that planned it.
    pub held: Option<(u16, u8)>,
    /// How many faults may still happen.
    pub faults: u8,
    /// How many writes clients may still do.
    pub writes: u8,
}

/// What is broken that must never be.
pub type Broken = String;

impl<const N: usize> State<N> {
    /// True when two units can talk.
    pub fn linked(&self, one: usize, other: usize) -> bool {
        (self.cut >> one & 1) == (self.cut >> other & 1)
    }

    /// True when a unit's server is up and another one can talk to it.
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        self.servers[to].up && (from == to || self.linked(from, to))
    }

    /// True when it says that it is primary.
    pub fn is_primary(&self, unit: usize) -> bool {
        self.servers[unit].up && self.servers[unit].role == Role::Primary
    }

    /// The primary that has the last word.
    pub fn primary(&self) -> Option<usize> {
        let primaries = (0..N).filter(|unit| self.is_primary(*unit));
        primaries.max_by_key(|unit| self.servers[*unit].term)
    }

    /// The config in force on a unit's server.
    pub fn config<'a>(&self, configs: &'a Configs<N>, unit: usize) -> Option<&'a Known<N>> {
        let number = self.servers[unit].config;
        (number != 0).then(|| configs.get(number))
    }

    /// True when a server finds itself in its own config.
    pub fn is_member(&self, configs: &Configs<N>, unit: usize) -> bool {
        self.config(configs, unit)
            .is_some_and(|config| config.places[unit].is_some())
    }

    /// The voters of a config that a primary hears and that have data.
    pub fn live_voters(&self, config: &Known<N>, primary: usize) -> usize {
        let live = |unit: &usize| {
            self.reaches(primary, *unit) && self.servers[*unit].role != Role::Syncing
        };
        config.voters().filter(live).count()
    }

    /// How far a primary's oplog is committed under its config: a majority has it, and its last entry is of this term.
    pub fn commit_point(&self, configs: &Configs<N>, primary: usize) -> u8 {
        let server = &self.servers[primary];
        let Some(config) = self.config(configs, primary) else {
            return 0;
        };
        let has = |log: Log| {
            let voters = config.voters();
            voters
                .filter(|unit| self.servers[*unit].log.holds(log))
                .count()
        };
        let mut len = server.log.len;
        while len > 0 {
            let prefix = server.log.prefix(len);
            if prefix.last_term() != server.term {
                return 0;
            }
            if has(prefix) >= config.majority() {
                return len;
            }
            len -= 1;
        }
        0
    }

    /// M10: a majority has the config, and it is of the primary's term.
    pub fn config_committed(&self, configs: &Configs<N>, primary: usize) -> bool {
        let server = &self.servers[primary];
        let Some(config) = self.config(configs, primary) else {
            return false;
        };
        let voters = config.voters();
        let have = voters.filter(|unit| self.servers[*unit].config == server.config);
        config.term == server.term && have.count() >= config.majority()
    }

    /// M10: what was committed before the config is committed under it.
    pub fn oplog_committed(&self, configs: &Configs<N>, primary: usize) -> bool {
        self.commit_point(configs, primary) >= self.servers[primary].required
    }

    /// A member hears from all that it is linked to: the highest term and the newest config reach it.
    pub fn hear(&mut self, configs: &Configs<N>, unit: usize) {
        for other in 0..N {
            if other == unit || !self.reaches(unit, other) {
                continue;
            }
            let (term, config) = (self.servers[other].term, self.servers[other].config);
            let server = &mut self.servers[unit];
            if term > server.term {
                server.term = term;
                if server.role == Role::Primary {
                    server.role = Role::Secondary;
                }
            }
            if config == 0 || server.role == Role::Primary {
                continue;
            }
            let theirs = configs.get(config);
            // A server without data takes a config only when it is in it.
            let wanted = match server.config {
                0 => theirs.places[unit].is_some(),
                own => theirs.age() > configs.get(own).age(),
            };
            if wanted {
                server.config = config;
            }
        }
    }

    /// The member that a server replicates from: the primary that it can talk to.
    pub fn source(&self, configs: &Configs<N>, unit: usize) -> Option<usize> {
        let source = (0..N).filter(|other| {
            *other != unit && self.is_primary(*other) && self.reaches(unit, *other)
        });
        let source = source.max_by_key(|other| self.servers[*other].term)?;
        // A primary hears of another one before it replicates from it.
        let fits = self.servers[source].term >= self.servers[unit].term && !self.is_primary(unit);
        (fits && self.is_member(configs, unit)).then_some(source)
    }

    /// A member replicates all that there is; one without data copies it first.
    pub fn pull(&mut self, source: usize, unit: usize) {
        let (log, term) = (self.servers[source].log, self.servers[source].term);
        let server = &mut self.servers[unit];
        assert!(
            term >= server.term,
            "nobody replicates from an older primary"
        );
        (server.log, server.term) = (log, term);
        if server.role == Role::Syncing {
            server.role = Role::Secondary;
        }
    }

    /// Who would vote for a candidate, itself included.
    fn votes_for(&self, configs: &Configs<N>, candidate: usize) -> Option<Vec<usize>> {
        let own = &self.servers[candidate];
        let config = self.config(configs, candidate)?;
        let stands = own.up
            && own.role == Role::Secondary
            && config.places[candidate].is_some_and(|place| place.electable);
        if !stands {
            return None;
        }
        let votes = |voter: &usize| {
            let server = &self.servers[*voter];
            let theirs = self.config(configs, *voter);
            self.reaches(candidate, *voter)
                && server.term <= own.term
                && server.log.position() <= own.log.position()
                && theirs.is_some_and(|theirs| {
                    theirs.age() <= config.age() && theirs.places[*voter].is_some()
                })
        };
        let voters: Vec<usize> = config.voters().filter(votes).collect();
        (voters.len() >= config.majority()).then_some(voters)
    }

    /// True when it would win an election now.
    pub fn would_win(&self, configs: &Configs<N>, candidate: usize) -> bool {
        let weary = self.servers[candidate].weary;
        let another = || {
            let mut others = (0..N).filter(|other| !self.servers[*other].weary);
            others.any(|other| self.votes_for(configs, other).is_some())
        };
        self.votes_for(configs, candidate).is_some() && !(weary && another())
    }

    /// It wins: the voters know its term, it writes the config in that term and an entry of its own.
    pub fn elect(&mut self, configs: &mut Configs<N>, candidate: usize) -> Result<(), Broken> {
        let Some(voters) = self.votes_for(configs, candidate) else {
            return Ok(());
        };
        let term = self.servers[candidate].term + 1;
        if self.servers[candidate].log.is_full() || term > MOST_TERM {
            return Err("elections follow each other without end".to_owned());
        }
        for voter in voters {
            let server = &mut self.servers[voter];
            server.term = term;
            if server.role == Role::Primary {
                server.role = Role::Secondary;
            }
        }
        for server in &mut self.servers {
            server.weary = false;
        }
        self.heir = None;
        let config = configs.in_term(self.servers[candidate].config, term);
        let server = &mut self.servers[candidate];
        if !server.log.holds(self.acknowledged) {
            return Err(format!(
                "m/{candidate} is elected without an acknowledged write"
            ));
        }
        server.config = config;
        server.log = server.log.with(term);
        server.required = server.log.len;
        server.role = Role::Primary;
        Ok(())
    }

    /// No term has two primaries.
    pub fn one_primary_a_term(&self) -> Result<(), Broken> {
        for unit in (0..N).filter(|unit| self.is_primary(*unit)) {
            let term = self.servers[unit].term;
            let same = |other: usize| self.is_primary(other) && self.servers[other].term == term;
            if (0..unit).any(same) {
                return Err(format!("two primaries in term {term}"));
            }
        }
        Ok(())
    }

    /// Clients are told what is committed.
    pub fn acknowledge(&mut self, configs: &Configs<N>) -> Result<(), Broken> {
        self.one_primary_a_term()?;
        for unit in 0..N {
            if !self.is_primary(unit) {
                continue;
            }
            let committed = self.servers[unit]
                .log
                .prefix(self.commit_point(configs, unit));
            if committed.len > self.acknowledged.len {
                if !committed.holds(self.acknowledged) {
                    return Err("an acknowledged write was overwritten".to_owned());
                }
                self.acknowledged = committed;
            }
        }
        Ok(())
    }

    /// A primary that does not hear a majority is none any more.
    pub fn lost_majority(&self, configs: &Configs<N>, unit: usize) -> bool {
        let Some(config) = self.config(configs, unit) else {
            return false;
        };
        let heard = config.voters().filter(|voter| self.reaches(unit, *voter));
        self.is_primary(unit) && heard.count() < config.majority()
    }

    /// True when no primary hears a majority: an election is due.
    pub fn needs_primary(&self, configs: &Configs<N>) -> bool {
        !(0..N).any(|unit| self.is_primary(unit) && !self.lost_majority(configs, unit))
    }

    /// All messages that can be, until nothing changes.
    pub fn deliver(&mut self, configs: &Configs<N>) {
        loop {
            let before = *self;
            for unit in 0..N {
                if self.servers[unit].up {
                    self.hear(configs, unit);
                    let source = self.source(configs, unit);
                    if let (Some(source), Role::Secondary) = (source, self.servers[unit].role) {
                        self.pull(source, unit);
                    }
                }
            }
            if *self == before {
                return;
            }
        }
    }
}
